/** Transports that break what dead letters, counts and closing promise. */

import type { DeadLetterRecord } from 'busbar/transport'
import { altered, delivering, type Mutant } from './mutant.js'

export const keeping: readonly Mutant[] = [
  {
    name: 'puts letters back twice',
    breaks: ['dead-letters'],
    damage: () => (inner) =>
      altered(inner, {
        async manage(channel, command, signal) {
          if (command.op !== 'dead.redrive') return inner.manage(channel, command, signal)
          const { letters } = await inner.manage(channel, { op: 'dead.list', limit: 100 }, signal)
          const answer = await inner.manage(channel, command, signal)
          for (const { message } of letters) {
            if (command.ids === undefined || command.ids.includes(message.id)) {
              await inner.publish({ channel, message }, signal)
            }
          }
          return answer
        },
      }),
  },
  {
    name: 'loses the headers of dead letters',
    breaks: ['dead-letters'],
    damage: () => (inner) => {
      const bare = (letter: DeadLetterRecord): DeadLetterRecord => ({
        ...letter,
        message: { ...letter.message, headers: {} },
      })
      return altered(inner, {
        async manage(channel, command, signal) {
          const answer = await inner.manage(channel, command, signal)
          return 'letters' in answer ? { ...answer, letters: answer.letters.map(bare) } : answer
        },
      })
    },
  },
  {
    name: 'throws rejected messages away',
    breaks: ['bus-delivery', 'bus-schemas', 'dead-letters'],
    damage: () => (inner) =>
      delivering(inner, (deliver) => async (delivery) => {
        const outcome = await deliver(delivery)
        return outcome.kind === 'reject' ? { kind: 'drop' } : outcome
      }),
  },
  {
    name: 'does not say how many it purged',
    breaks: ['settlement'],
    damage: () => (inner) =>
      altered(inner, {
        async manage(channel, command, signal) {
          const answer = await inner.manage(channel, command, signal)
          return command.op === 'purge' ? { ...answer, count: 0 } : answer
        },
      }),
  },
  {
    name: 'forgets what is not sent yet when it closes',
    breaks: ['lifecycle'],
    damage: () => (inner) => {
      let closed = false
      return altered(inner, {
        async publish(request, signal) {
          await Promise.resolve()
          return closed ? new Promise(() => {}) : inner.publish(request, signal)
        },
        close(signal) {
          closed = true
          return inner.close(signal)
        },
      })
    },
  },
  {
    name: 'does not wait for handlers when a consumer closes',
    breaks: ['lifecycle'],
    damage: () => (inner) =>
      altered(inner, {
        async consume(request, deliver, signal) {
          const consumer = await inner.consume(request, deliver, signal)
          return {
            ended: consumer.ended,
            async close() {
              void consumer.close()
            },
          }
        },
      }),
  },
]
