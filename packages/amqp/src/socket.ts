/** The socket under a connection: what is written in one turn goes out together. */

import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Settings } from './options.js'

type Place = Pick<Settings, 'host' | 'port' | 'isTls' | 'tls'>

/** `onOpen` is called once the broker may be written to. */
export function openSocket({ host, port, isTls, tls }: Place, onOpen: () => void): Socket {
  const name = isIP(host) === 0 ? { servername: host } : {}
  const socket = isTls ? connectTls({ host, port, ...name, ...tls }, onOpen) : connect({ host, port }, onOpen)
  // Else small frames wait for the acknowledgement of the ones before.
  socket.setNoDelay(true)
  return together(socket)
}

/** rhea writes each frame by itself, which would be a system call for each message and for each settlement. */
function together(socket: Socket): Socket {
  const write = socket.write.bind(socket)
  let isHeld = false
  const release = (): void => {
    isHeld = false
    socket.uncork()
  }
  return Object.assign(socket, {
    write(data: Uint8Array): boolean {
      if (!isHeld) {
        isHeld = true
        socket.cork()
        process.nextTick(release)
      }
      return write(data)
    },
  })
}
