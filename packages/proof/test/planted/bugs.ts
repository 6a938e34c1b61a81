/** Bugs that brokers have had, planted into a transport that works. */

import {
  BusError,
  type Channel,
  type Deliver,
  done,
  EncodedBody,
  type PublishRequest,
  systemClock,
} from 'busbar/transport'
import { altered, delivering, everyPublish, forgettingIds, type Planted } from './damage.js'

const isQueue = ({ kind }: Channel): boolean => kind === 'queue'
const isKept = ({ guarantees }: Channel): boolean => guarantees.tracked
const isStream = ({ kind }: Channel): boolean => kind === 'stream'

export const bugs: readonly Planted[] = [
  {
    name: 'drops every 500th message after its receipt',
    breaks: 'lost',
    damage: everyPublish(500, isQueue, async (_publish, { message }) => ({
      id: message.id,
      level: 'accepted',
    })),
  },
  {
    name: 'drops plain events under load without a word',
    breaks: 'lost',
    damage: () => (inner) =>
      delivering(inner, (deliver, { kind, guarantees }) => {
        let count = 0
        return (delivery) => {
          count += 1
          return kind === 'event' && !guarantees.tracked && count % 50 === 0 ? done : deliver(delivery)
        }
      }),
  },
  {
    name: 'stores every 500th message twice',
    breaks: 'duplicated',
    damage() {
      const twice = everyPublish(500, isKept, async (publish, request) => {
        await publish(request)
        return publish(request)
      })()
      return (inner) => twice(forgettingIds(inner))
    },
  },
  {
    name: 'alters a byte of every 500th message',
    breaks: 'altered',
    damage: everyPublish(500, isKept, (publish, request) => publish(withAlteredByte(request))),
  },
  {
    name: 'refuses every 500th message and keeps it all the same',
    breaks: 'refused',
    damage: everyPublish(500, isKept, async (publish, request) => {
      await publish(request)
      throw new BusError('QUEUE_FULL', 'It is full.', { outcome: 'rejected' })
    }),
  },
  {
    name: 'lets a message overtake another of its key',
    breaks: 'reordered',
    damage: overtaking,
  },
  {
    name: 'hands a message to two workers now and then',
    breaks: 'doubled',
    damage() {
      const workers = new Map<string, Set<Deliver>>()
      let count = 0
      return (inner) =>
        delivering(inner, (deliver, channel) => {
          if (!isQueue(channel)) return deliver
          const others = workers.get(channel.name) ?? new Set()
          workers.set(channel.name, others.add(deliver))
          return (delivery) => {
            count += 1
            const other = [...others].find((one) => one !== deliver)
            if (count % 200 !== 0 || other === undefined) return deliver(delivery)
            void other(delivery)
            return deliver(delivery)
          }
        })
    },
  },
  {
    name: 'settles before the handler has run',
    breaks: 'lost',
    damage: () => (inner) =>
      delivering(inner, (deliver) => (delivery) => {
        void deliver(delivery)
        return done
      }),
  },
  {
    name: 'throws rejected messages away',
    breaks: 'lost',
    damage: () => (inner) =>
      delivering(inner, (deliver) => async (delivery) => {
        const outcome = await deliver(delivery)
        return outcome.kind === 'reject' ? { kind: 'drop' } : outcome
      }),
  },
  {
    name: 'skips a record of a stream now and then',
    breaks: 'gapped',
    damage: () => (inner) =>
      delivering(inner, (deliver, channel) => {
        let count = 0
        return (delivery) => {
          count += 1
          return isStream(channel) && count % 50 === 0 ? done : deliver(delivery)
        }
      }),
  },
  {
    name: 'gives one offset to two records',
    breaks: 'reused',
    damage: () => (inner) =>
      altered(inner, {
        async publish(request, signal) {
          const receipt = await inner.publish(request, signal)
          const { offset } = receipt
          return offset === undefined || offset % 50 !== 49 ? receipt : { ...receipt, offset: offset - 1 }
        },
      }),
  },
  {
    name: 'forgets one message in its counts',
    breaks: 'conservation',
    damage: () => (inner) =>
      altered(inner, {
        async manage(channel, command, signal) {
          const answer = await inner.manage(channel, command, signal)
          return 'received' in answer && isQueue(channel) ? { ...answer, done: answer.done - 1 } : answer
        },
      }),
  },
]

function withAlteredByte(request: PublishRequest): PublishRequest {
  const { message } = request
  const { id, address, key, headers, time, body } = message
  const bytes = body.bytes().slice()
  // A digit of the filler, so that it is still JSON.
  const at = bytes.length - 60
  bytes[at] = bytes[at] === 0x37 ? 0x38 : 0x37
  return {
    ...request,
    message: { id, address, key, headers, time, body: new EncodedBody(body.codec, bytes) },
  }
}

/** Holds every 50th message of an ordered queue back until the next of its key has gone. */
function overtaking(): ReturnType<Planted['damage']> {
  let count = 0
  return (inner) => {
    const held = new Map<string, () => void>()
    return altered(inner, {
      async publish(request, signal) {
        const { channel, message } = request
        const { key } = message
        if (!channel.guarantees.ordered || key === undefined) return inner.publish(request, signal)
        const release = held.get(key)
        held.delete(key)
        if (release !== undefined) {
          const receipt = await inner.publish(request, signal)
          release()
          return receipt
        }
        count += 1
        if (count % 50 === 0) {
          await new Promise<void>((resolve) => {
            held.set(key, resolve)
            systemClock.after(200, resolve)
          })
        }
        return inner.publish(request, signal)
      },
    })
  }
}
