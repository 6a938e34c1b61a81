/** One write to the socket for all frames of one turn, instead of one for each message. */

import { Socket } from 'node:net'
import type { Connection } from 'rabbitmq-client'

/** What one turn may hold back; the rest is written as the broker takes it. */
const turnBytes = 1_048_576

/** For the client's `socket`, whose type asks for the port once more. */
export function roomyFor(url: string): { port: number; highWaterMark: number } {
  const { port, protocol } = new URL(url)
  return { port: Number(port) || (protocol === 'amqps:' ? 5671 : 5672), highWaterMark: turnBytes }
}

/** Gives the function to be called before something is written. */
export function createTurn(connection: Connection): () => void {
  let isHeld = false
  return () => {
    if (isHeld) return
    // The client has no option for it. Without this field each message is a write of its own, as it is without us.
    const socket: unknown = Reflect.get(connection, '_socket')
    if (!(socket instanceof Socket)) return
    isHeld = true
    socket.cork()
    process.nextTick(() => {
      isHeld = false
      socket.uncork()
    })
  }
}
