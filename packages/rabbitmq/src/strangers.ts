/** Keeps a server that is no RabbitMQ from ending the process: its first bytes are taken for the size of a frame. */

import { Socket } from 'node:net'
import type { Connection } from 'rabbitmq-client'

/**
 * Cuts each socket of a connection that is asked for more at once than a frame can have: Node throws beyond 1 GiB where
 * nobody can catch it, and the client would wait for ever for less. Without the field that the client keeps its socket
 * in, which is not its public one, all is as it is without us.
 */
export function cutStrangers(connection: Connection, largestFrame: number): void {
  let current: unknown = Reflect.get(connection, '_socket')
  if (!(current instanceof Socket)) return
  guard(current, largestFrame)
  Object.defineProperty(connection, '_socket', {
    ...{ configurable: true, enumerable: true },
    get: () => current,
    // Each try to connect has a socket of its own.
    set(next: unknown) {
      current = next
      if (next instanceof Socket) guard(next, largestFrame)
    },
  })
}

function guard(socket: Socket, largestFrame: number): void {
  const read = socket.read.bind(socket)
  socket.read = (bytes?: number): unknown => {
    if (bytes === undefined || bytes <= largestFrame) return read(bytes)
    socket.destroy(new Error('what answers there does not speak AMQP 0-9-1'))
    return null
  }
}
