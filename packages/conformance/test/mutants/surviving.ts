/** Transports that break what durable topics promise, most of them only at a restart. */

import type { Channel, Consumer, Transport } from 'busbar/transport'
import { altered, delivering, type Mutant, otherwise } from './mutant.js'

const isDurable = ({ guarantees }: Channel): boolean => guarantees.durable

/** Changes the consumers of durable channels. */
function consuming(inner: Transport, change: (consumer: Consumer) => Consumer): Transport {
  return altered(inner, {
    async consume(request, deliver, signal) {
      const consumer = await inner.consume(request, deliver, signal)
      return isDurable(request.channel) ? change(consumer) : consumer
    },
  })
}

export const surviving: readonly Mutant[] = [
  {
    name: 'receipts before it is on disk',
    breaks: ['durable', 'restarts', 'stream-restarts'],
    isStored: true,
    damage: () => (inner) =>
      altered(inner, {
        async publish(request, signal) {
          const receipt = inner.publish(request, signal)
          if (!isDurable(request.channel)) return receipt
          return { id: request.message.id, level: 'durable' }
        },
      }),
  },
  {
    name: 'does not wait for settlements to be on disk',
    breaks: ['restarts', 'stream-restarts'],
    isStored: true,
    damage: () => (inner) =>
      consuming(inner, (consumer) => ({
        ended: consumer.ended,
        async close() {
          const closing = consumer.close()
          await Promise.race([closing, inTurns(20)])
        },
      })),
  },
  {
    name: 'forgets ids at a restart',
    breaks: ['restarts', 'stream-restarts'],
    isStored: true,
    damage: () => (inner, _host, restarts) =>
      altered(inner, {
        async publish(request, signal) {
          const { message, channel } = request
          if (restarts === 0 || !isDurable(channel)) return inner.publish(request, signal)
          const { id } = message
          const renamed = Object.assign(Object.create(message), { id: `${id}-after-${restarts}` })
          return { ...(await inner.publish({ ...request, message: renamed }, signal)), id }
        },
      }),
  },
  {
    name: 'loses dead letters at a restart',
    breaks: ['restarts'],
    isStored: true,
    damage: () => (inner, _host, restarts) =>
      altered(inner, {
        async manage(channel, command, signal) {
          if (restarts > 0 && command.op === 'dead.list') {
            await inner.manage(channel, { op: 'dead.discard' }, signal)
          }
          return inner.manage(channel, command, signal)
        },
      }),
  },
  {
    name: 'delivers delayed messages early on durable queues',
    breaks: ['restarts'],
    isStored: true,
    damage: () => (inner) =>
      altered(inner, {
        publish(request, signal) {
          const { delayMs: _, ...hasty } = request
          return inner.publish(isDurable(request.channel) ? hasty : request, signal)
        },
      }),
  },
  {
    name: 'counts the offsets of durable streams anew at a restart',
    breaks: ['stream-restarts'],
    isStored: true,
    damage: () => (inner, _host, restarts) =>
      altered(inner, {
        async publish(request, signal) {
          const receipt = await inner.publish(request, signal)
          if (restarts === 0 || receipt.offset === undefined || !isDurable(request.channel)) return receipt
          return { ...receipt, offset: 0 }
        },
      }),
  },
  {
    name: 'forgets at a restart which groups there were',
    breaks: ['restarts', 'stream-restarts'],
    isStored: true,
    damage: () => (inner, _host, restarts) =>
      altered(inner, {
        consume(request, deliver, signal) {
          const { group, channel } = request
          if (restarts === 0 || group === undefined || !isDurable(channel))
            return inner.consume(request, deliver, signal)
          return inner.consume({ ...request, group: `${group}-after-${restarts}` }, deliver, signal)
        },
      }),
  },
  {
    name: 'brings purged messages back at a restart',
    breaks: ['restarts', 'stream-restarts'],
    isStored: true,
    damage: () => (inner) =>
      altered(inner, {
        async manage(channel, command, signal) {
          const answer = inner.manage(channel, command, signal)
          if (command.op !== 'purge' || !isDurable(channel)) return answer
          // Whoever restarts at this moment finds nothing of it in the files.
          answer.catch(() => undefined)
          return { count: 1 } as Awaited<typeof answer>
        },
      }),
  },
  {
    name: 'forgets what events a group missed',
    breaks: ['durable', 'restarts'],
    isStored: true,
    damage: () => (inner) =>
      altered(inner, {
        consume(request, deliver, signal) {
          const { channel } = request
          if (channel.kind !== 'event' || !isDurable(channel)) return inner.consume(request, deliver, signal)
          return inner.consume({ ...request, group: undefined }, deliver, signal)
        },
      }),
  },
  {
    name: 'does not count leases that a restart undid',
    breaks: ['restarts'],
    isStored: true,
    damage: () => (inner, _host, restarts) =>
      delivering(inner, (deliver, channel) => {
        if (restarts === 0 || !isDurable(channel)) return deliver
        return (delivery) => deliver(otherwise(delivery, { acquired: 1 }))
      }),
  },
]

/** So many turns of the microtask queue: enough for handlers, too few for a disk. */
async function inTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await undefined
}
