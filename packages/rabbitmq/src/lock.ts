/** One at a time, across connections: whoever consumes an exclusive queue works. */

import type { Clock } from 'busbar/transport'
import { cancelled } from './errors.js'
import { isLocked, type Wire } from './wire.js'

const pauseMs = 25

/** Waits its turn, which ends at once when the holder's connection does; CANCELLED when the signal aborts first. */
export async function underLock<T>(
  wire: Wire,
  clock: Clock,
  queue: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    if (signal.aborted) throw cancelled('A command')
    let isHeld = false
    try {
      return await wire.use(async (amqp) => {
        const kind = { 'x-queue-type': 'classic' } as const
        await amqp.queueDeclare({ queue, exclusive: true, autoDelete: true, arguments: kind })
        // Two commands of one connection would share the queue, but not a consumer that asks to be alone.
        const { consumerTag } = await amqp.basicConsume({ queue, exclusive: true, noAck: true }, () => {})
        isHeld = true
        try {
          return await work()
        } finally {
          await amqp.basicCancel(consumerTag).catch(() => undefined)
        }
      })
    } catch (error) {
      if (isHeld || !isLocked(error)) throw error
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve, { keepAlive: true }))
    }
  }
}
