/** Serves the built page and tells it where the hub listens. */

import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'

/** Everything the page consists of; nothing else is served. */
const files: ReadonlyMap<string, readonly [file: string, type: string]> = new Map([
  ['/', ['index.html', 'text/html; charset=utf-8']],
  ['/main.js', ['main.js', 'text/javascript; charset=utf-8']],
  ['/style.css', ['style.css', 'text/css; charset=utf-8']],
  ['/icon.svg', ['icon.svg', 'image/svg+xml']],
])

const headers = (socketUrl: string): Record<string, string> => ({
  'content-security-policy': `default-src 'self'; connect-src 'self' ${socketUrl}; frame-ancestors 'none'; base-uri 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
})

export interface PageServer {
  readonly url: string
  close(): Promise<void>
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })

/** Listens on 127.0.0.1; takes a free port when the wanted one is in use. The hub is named later: it needs our origin. */
export async function servePage(wantedPort: number, socketUrl: () => string): Promise<PageServer> {
  const root = join(dirname(createRequire(import.meta.url).resolve('@airport/page/package.json')), 'dist')
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname
    const secure = headers(socketUrl())
    if (request.method !== 'GET') {
      response.writeHead(405, { ...secure, allow: 'GET' }).end()
      return
    }
    if (path === '/config.json') {
      response.writeHead(200, { ...secure, 'content-type': 'application/json' })
      response.end(JSON.stringify({ hub: socketUrl() }))
      return
    }
    const entry = files.get(path)
    if (entry === undefined) {
      response.writeHead(404, secure).end()
      return
    }
    readFile(join(root, entry[0])).then(
      (bytes) => response.writeHead(200, { ...secure, 'content-type': entry[1] }).end(bytes),
      () => response.writeHead(500, secure).end(),
    )
  })
  await listen(server, wantedPort).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return listen(server, 0)
  })
  // listen() has resolved on a TCP port, so the address is never a pipe's name.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
