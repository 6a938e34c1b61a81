/** Decides which HTTP requests may become WebSockets, and answers all others with safe headers. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

const safeHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'content-type': 'text/plain; charset=utf-8',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

const texts: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  426: 'Upgrade Required',
  503: 'Service Unavailable',
}

/** Exact values that a request's headers may have. */
export interface AllowedNames {
  readonly path: string
  readonly hosts: ReadonlySet<string>
  readonly origins: ReadonlySet<string>
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'] as const

/** The loopback names with the port that was opened, and what the options add. */
export function allowedNames(
  options: {
    readonly path: string
    readonly allowedHosts: readonly string[]
    readonly allowedOrigins: readonly string[]
  },
  boundHost: string,
  port: number,
): AllowedNames {
  // Clients leave out the port that their scheme has anyway.
  const named = (name: string): string[] => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])
  const own = [...loopbackNames, boundHost].flatMap(named)
  const hosts = options.allowedHosts.length > 0 ? options.allowedHosts : own
  return {
    path: options.path,
    // Names of hosts have no case.
    hosts: new Set(hosts.map((host) => host.toLowerCase())),
    origins: new Set([
      ...loopbackNames.flatMap(named).map((host) => `http://${host}`),
      ...options.allowedOrigins,
    ]),
  }
}

/** The status that refuses an upgrade, or undefined when it may go on. */
export function refusalOf(request: IncomingMessage, allowed: AllowedNames): number | undefined {
  if (request.url?.split('?', 1)[0] !== allowed.path) return 404
  if (!allowed.hosts.has(request.headers.host?.toLowerCase() ?? '')) return 403
  const origin = request.headers.origin
  // Only browsers send Origin; another client could send any, so that its absence proves nothing and costs nothing.
  if (origin !== undefined && !allowed.origins.has(origin)) return 403
  return undefined
}

/** Answers a plain HTTP request: there is nothing but WebSockets here. */
export function answer(request: IncomingMessage, response: ServerResponse, allowed: AllowedNames): void {
  const refusal = refusalOf(request, allowed) ?? 426
  response.writeHead(refusal, {
    ...safeHeaders,
    connection: 'close',
    ...(refusal === 426 && { upgrade: 'websocket' }),
  })
  response.end(`${texts[refusal]}\n`)
}

/** Refuses an upgrade with the same headers and closes. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  const text = `${texts[status]}\n`
  const headers = { ...safeHeaders, connection: 'close', 'content-length': String(text.length) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${texts[status]}\r\n${lines.join('')}\r\n${text}`)
}
