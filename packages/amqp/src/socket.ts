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

/** Bytes that are not held back any longer, so that what is large is not copied at once. */
const enough = 65_536

/** rhea writes each frame by itself, which would be a system call for each message and for each settlement. */
function together(socket: Socket): Socket {
  const [write, end] = [socket.write.bind(socket), socket.end.bind(socket)]
  let waiting: Uint8Array[] = []
  let bytes = 0
  const flush = (): void => {
    if (bytes === 0) return
    // One copy costs less than what a stream does for each of its chunks.
    const all = Buffer.concat(waiting, bytes)
    waiting = []
    bytes = 0
    write(all)
  }
  return Object.assign(socket, {
    write(data: Uint8Array): boolean {
      if (bytes === 0) process.nextTick(flush)
      waiting.push(data)
      bytes += data.byteLength
      if (bytes >= enough) flush()
      return !socket.writableNeedDrain
    },
    end(): Socket {
      flush()
      return end()
    },
  })
}
