/** Transports that break what deliveries promise. */

import { type Deliver, done } from 'busbar/transport'
import { altered, delivering, forgetting, type Mutant, otherwise } from './mutant.js'

export const deliveries: readonly Mutant[] = [
  {
    name: 'settles before the handler has run',
    breaks: [
      'back-pressure',
      'bus-delivery',
      'bus-schemas',
      'cancellation',
      'dead-letters',
      'ordering',
      'redelivery',
      'settlement',
      'stream-groups',
    ],
    damage: () => (inner) =>
      delivering(inner, (deliver) => (delivery) => {
        void deliver(delivery)
        return done
      }),
  },
  {
    name: 'hands a message to two workers now and then',
    breaks: ['ordering', 'settlement'],
    damage: () => {
      const workers = new Map<string, Set<Deliver>>()
      const counts = new Map<string, number>()
      return (inner) =>
        delivering(inner, (deliver, channel) => {
          if (channel.kind !== 'queue') return deliver
          const others = workers.get(channel.name) ?? new Set()
          workers.set(channel.name, others.add(deliver))
          return (delivery) => {
            const count = (counts.get(channel.name) ?? 0) + 1
            counts.set(channel.name, count)
            if (count % 20 === 0) for (const other of others) if (other !== deliver) void other(delivery)
            return deliver(delivery)
          }
        })
    },
  },
  {
    name: 'delivers an event twice now and then',
    breaks: ['back-pressure', 'ordering', 'subscribe'],
    damage: () => (inner) =>
      delivering(inner, (deliver, channel) => {
        let count = 0
        return (delivery) => {
          count += 1
          if (channel.kind === 'event' && count % 100 === 0) void deliver(delivery)
          return deliver(delivery)
        }
      }),
  },
  {
    name: 'drops under load without a word',
    breaks: ['back-pressure'],
    damage: () => (inner) =>
      delivering(inner, (deliver, channel) => {
        let count = 0
        return (delivery) => {
          count += 1
          return channel.kind === 'event' && count % 1_000 === 0 ? done : deliver(delivery)
        }
      }),
  },
  {
    name: 'takes any number of messages at once',
    breaks: ['back-pressure', 'ordering', 'redelivery', 'settlement'],
    damage: () => (inner) =>
      altered(inner, {
        consume: (request, deliver, signal) =>
          inner.consume({ ...request, concurrency: 64 }, deliver, signal),
      }),
  },
  {
    name: 'forgets how often a message was tried',
    breaks: ['bus-delivery', 'dead-letters', 'ordering', 'redelivery', 'stream-groups'],
    damage: () => (inner) =>
      delivering(inner, (deliver) => (delivery) => deliver(otherwise(delivery, { attempt: 1 }))),
  },
  {
    name: 'retries at once whatever the delay',
    breaks: ['ordering', 'redelivery'],
    damage: () => (inner) =>
      delivering(inner, (deliver) => async (delivery) => {
        const outcome = await deliver(delivery)
        return outcome.kind === 'retry' ? { ...outcome, afterMs: 0 } : outcome
      }),
  },
  {
    name: 'counts the messages of a lost worker as done',
    breaks: ['cancellation', 'dead-letters', 'redelivery'],
    damage: () => (inner, host) => {
      let settleAll: () => void = () => {}
      const closed = new Promise<typeof done>((resolve) => {
        settleAll = () => resolve(done)
      })
      return altered(
        delivering(inner, (deliver, channel) => (delivery) => {
          const outcome = deliver(delivery)
          return channel.kind === 'queue' && outcome instanceof Promise
            ? Promise.race([outcome, closed])
            : outcome
        }),
        {
          async close(signal) {
            settleAll()
            await new Promise<void>((resolve) => host.clock.after(0, resolve))
            await inner.close(signal)
          },
        },
      )
    },
  },
  {
    name: 'forgets the order of keys',
    breaks: ['ordering', 'stream-groups'],
    damage: () => (inner) => forgetting(inner, () => ({ ordered: false })),
  },
  {
    name: 'gives every member of a group a copy',
    breaks: ['bus-delivery', 'groups'],
    damage: () => (inner) =>
      altered(inner, {
        consume: (request, deliver, signal) => {
          const plain = request.channel.kind === 'event' && !request.channel.guarantees.tracked
          return inner.consume(plain ? { ...request, group: undefined } : request, deliver, signal)
        },
      }),
  },
  {
    name: 'lets every path through',
    breaks: ['groups', 'limits', 'subscribe'],
    damage: () => (inner) =>
      altered(inner, {
        consume: (request, deliver, signal) => {
          const { name, kind, params } = request.channel
          const wide =
            kind === 'event' && params.length > 0 && !request.pattern.includes('*', name.length + 4)
          return inner.consume(wide ? { ...request, pattern: `${name}.**` } : request, deliver, signal)
        },
      }),
  },
]
