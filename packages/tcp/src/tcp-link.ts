/** Opens TCP sockets as links. */

import { connect, type Socket } from 'node:net'
import type { Dial, Link, LinkEvents } from '@busbar/protocol'
import { BusError } from 'busbar/transport'

/** After close(): how long the hub may take for what was sent last. */
const lingerMs = 2_000

export interface TcpAddress {
  readonly host: string
  readonly port: number
}

export function tcpDial(address: TcpAddress): Dial {
  return (events, signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({ ...address, noDelay: true, keepAlive: true })
      const abort = (): void => {
        socket.destroy()
        reject(unreachable(address, 'given up'))
      }
      signal.addEventListener('abort', abort, { once: true })
      socket.once('error', (error) => {
        signal.removeEventListener('abort', abort)
        reject(unreachable(address, reasonOf(error)))
      })
      socket.once('connect', () => {
        signal.removeEventListener('abort', abort)
        socket.removeAllListeners('error')
        resolve(linkOf(socket, events))
      })
    })
}

function linkOf(socket: Socket, events: LinkEvents): Link {
  let reason: string | undefined
  // A plain view: most operations on it are faster than on a Buffer, and slices of a Buffer are no copies.
  socket.on('data', (chunk) =>
    events.onData(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
  )
  socket.on('drain', () => events.onDrain())
  socket.on('error', (error) => {
    reason = reasonOf(error)
  })
  socket.once('close', () => events.onClose(reason))
  return {
    send: (chunk) => socket.write(chunk),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close() {
      // Reading goes on until the hub has closed too: closing with unread bytes would reset the connection, and the
      // hub could lose what it was sent last.
      socket.end()
      socket.resume()
      socket.setTimeout(lingerMs, () => socket.destroy())
    },
    destroy: () => void socket.destroy(),
  }
}

function unreachable({ host, port }: TcpAddress, why: string): BusError {
  return new BusError('UNREACHABLE', `tcp://${host}:${port} could not be reached: ${why}.`)
}

/** Several addresses of one name fail with an error that has a code and no message. */
function reasonOf(error: Error): string {
  return error.message !== '' || !('code' in error) ? error.message : String(error.code)
}
