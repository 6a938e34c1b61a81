/** Opens a port or says in one sentence why not. */

import type { Server } from 'node:net'
import { BusError } from 'busbar/transport'

/** Resolves with the port that is open. ADDRESS_IN_USE when somebody else has it, UNREACHABLE for any other reason. */
export function listen(server: Server, wire: string, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const where = `${wire} cannot listen on ${host}:${port}`
      reject(
        cause.code === 'EADDRINUSE'
          ? new BusError('ADDRESS_IN_USE', `${where}: the port is taken.`, { cause })
          : new BusError('INVALID_OPTION', `${where} (${cause.code ?? cause.message}).`, { cause }),
      )
    })
    server.listen({ host, port }, () => {
      const address = server.address()
      server.removeAllListeners('error')
      resolve(address !== null && typeof address === 'object' ? address.port : port)
    })
  })
}

/** The host as it stands in a URL; a wildcard address is replaced by this machine's loopback. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
