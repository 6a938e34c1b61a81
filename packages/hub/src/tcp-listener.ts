/** The TCP port of a hub: each socket becomes a link. */

import { createServer, type Socket } from 'node:net'
import type { Admit, Link, Listener } from './link.js'
import { listen, urlHost } from './listen.js'
import type { Log } from './log.js'
import type { TcpOptions } from './options.js'

/** Opens the port; see {@link listen} for errors. */
export async function tcpListener(options: Required<TcpOptions>, admit: Admit, log: Log): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, allowHalfOpen: false }, (socket) => {
    sockets.add(socket)
    const peer = admit(tcpLink(socket))
    // A plain view: slices of a Buffer would not be copies.
    socket.on('data', (chunk) => peer.data(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)))
    // A reset needs no report: the close that follows is what the session acts on.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      sockets.delete(socket)
      peer.gone()
    })
  })
  const port = await listen(server, 'tcp', options.host, options.port)
  // Out of file descriptors, for example: the port stays open and takes connections again later.
  server.on('error', (error) => log('error', 'accept-failed', { wire: 'tcp', reason: error.message }))
  const closed = new Promise<void>((resolve) => server.once('close', resolve))
  return {
    url: `tcp://${urlHost(options.host)}:${port}`,
    stop: () => void server.close(),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      return closed
    },
  }
}

function tcpLink(socket: Socket): Link {
  return {
    wire: 'tcp',
    remote: socket.remoteAddress ?? 'unknown',
    write(chunks, taken) {
      socket.cork()
      let left = chunks.length
      for (const chunk of chunks) {
        // A write to a destroyed socket reports an error instead of being taken.
        socket.write(chunk, (error) => {
          if (error == null && --left === 0) taken()
        })
      }
      socket.uncork()
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  }
}
