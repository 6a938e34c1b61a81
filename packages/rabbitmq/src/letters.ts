/** Dead letters: a queue of their own for each channel, looked at by one at a time. */

import { readLetter } from '@busbar/adapter'
import {
  type Answer,
  BusError,
  type Channel,
  type Command,
  type DeadLetterRecord,
  type Message,
} from 'busbar/transport'
import type { Channel as AmqpChannel, SyncMessage } from 'rabbitmq-client'
import type { Context } from './context.js'
import { type Courier, originHeader } from './courier.js'
import { headersOf, readArrived } from './envelope.js'
import { toBusError } from './errors.js'
import { underLock } from './lock.js'

type Visit = (held: Held, amqp: AmqpChannel) => Promise<void>

export interface Letters {
  carryOut<C extends Command>(channel: Channel, command: C, signal: AbortSignal): Promise<Answer<C>>
}

/** One letter in hand; it goes back to its place unless it is acknowledged. */
interface Held {
  readonly letter: DeadLetterRecord
  readonly origin: string
  readonly deliveryTag: number
  readonly returns: number
}

/** RabbitMQ 4 drops what was given back 20 times; before that a letter is written anew. */
const maxReturns = 8

/** Whoever comes after the answer to the last call finds all letters in their place. */
async function giveBack(amqp: AmqpChannel): Promise<void> {
  if (!amqp.active) return
  amqp.basicNack({ deliveryTag: 0, multiple: true, requeue: true })
  await amqp.basicQos({ prefetchCount: 0 })
}

export function createLetters(context: Context, courier: Courier): Letters {
  const { host, link, names, makeId } = context

  /** Takes every letter and gives each to `visit`; those that are not acknowledged return in their order. */
  async function drain(channel: Channel, signal: AbortSignal, visit: Visit): Promise<void> {
    await underLock(link.inward, host.clock, names.lock(channel), signal, () =>
      link.inward.use(async (amqp) => {
        const queue = names.dead(channel)
        try {
          for (;;) {
            const arrived = await amqp.basicGet({ queue })
            if (arrived === undefined) break
            await visit(hold(channel, arrived), amqp)
          }
        } finally {
          await giveBack(amqp)
        }
      }),
    )
  }

  function hold(channel: Channel, arrived: SyncMessage): Held {
    const headers = headersOf(arrived)
    const fallback = { id: makeId, now: () => host.clock.now() }
    const returns: unknown = arrived.headers?.['x-delivery-count']
    return {
      letter: readLetter(headers, readArrived(channel, arrived, headers, fallback)),
      origin: headers[originHeader] ?? names.channel(channel),
      deliveryTag: arrived.deliveryTag,
      returns: typeof returns === 'number' ? returns : 0,
    }
  }

  async function list(
    channel: Channel,
    { after, limit }: Extract<Command, { op: 'dead.list' }>,
    signal: AbortSignal,
  ): Promise<Answer<{ op: 'dead.list'; limit: number }>> {
    const letters: DeadLetterRecord[] = []
    let isBehind = after === undefined
    let isMore = false
    await drain(channel, signal, async (held, amqp) => {
      const { letter } = held
      if (held.returns >= maxReturns) await renew(channel, held, amqp)
      if (!isBehind) isBehind = letter.message.id === after
      else if (letters.length < limit) letters.push(letter)
      else isMore = true
    })
    return { letters, next: isMore ? letters.at(-1)?.message.id : undefined }
  }

  async function renew(
    channel: Channel,
    { letter, origin, deliveryTag }: Held,
    amqp: AmqpChannel,
  ): Promise<void> {
    const { message, ...facts } = letter
    await courier.bury(channel, origin, message, facts)
    amqp.basicAck({ deliveryTag })
  }

  async function each(
    channel: Channel,
    ids: readonly string[] | undefined,
    signal: AbortSignal,
    act: (held: Held) => Promise<void>,
  ): Promise<{ count: number }> {
    const wanted = ids === undefined ? undefined : new Set(ids)
    // What is put back and fails again meanwhile is for the next command.
    const known = new Set<string>()
    let count = 0
    await drain(channel, signal, async (held, amqp) => {
      const { id } = held.letter.message
      const key = `${held.origin} ${id}`
      if (known.has(key) || (wanted !== undefined && !wanted.has(id))) return
      known.add(key)
      await act(held)
      amqp.basicAck({ deliveryTag: held.deliveryTag })
      count += 1
    })
    return { count }
  }

  async function answer(channel: Channel, command: Command, signal: AbortSignal): Promise<unknown> {
    switch (command.op) {
      case 'dead.list':
        return list(channel, command, signal)
      case 'dead.discard':
        return each(channel, command.ids, signal, async () => {})
      case 'dead.redrive': {
        const { body } = command
        return each(channel, command.ids, signal, ({ letter, origin }) => {
          const message: Message = body === undefined ? letter.message : { ...letter.message, body }
          return courier.put(channel, origin, message)
        })
      }
      case 'purge':
        return purge(channel)
      case 'inspect':
        throw new BusError('UNSUPPORTED', 'RabbitMQ does not count what the bus counts.')
    }
  }

  async function purge(channel: Channel): Promise<{ count: number }> {
    if (channel.kind !== 'queue') throw new BusError('UNSUPPORTED', 'Only queues can be purged at RabbitMQ.')
    const { messageCount } = await link.inward.use((amqp) => amqp.queuePurge(names.channel(channel)))
    return { count: messageCount }
  }

  return {
    async carryOut(channel, command, signal) {
      try {
        // What each command answers is said once, by the type of the seam.
        return (await answer(channel, command, signal)) as Answer<typeof command>
      } catch (error) {
        throw toBusError(error, command.op)
      }
    },
  }
}
