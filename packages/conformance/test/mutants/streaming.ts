/** Transports that break what streams promise. */

import { done } from 'busbar/transport'
import { altered, delivering, forgetting, type Mutant } from './mutant.js'

export const streaming: readonly Mutant[] = [
  {
    name: 'skips a record where replay meets live',
    breaks: ['bus-delivery', 'streams'],
    damage: () => (inner) =>
      altered(inner, {
        async consume(request, deliver, signal) {
          const { channel, group, until } = request
          if (channel.kind !== 'stream' || group !== undefined || until !== undefined) {
            return inner.consume(request, deliver, signal)
          }
          const { next = 0 } = await inner.manage(channel, { op: 'inspect' }, signal)
          const seam = (offset: number | undefined): boolean => next > 0 && offset === next
          return inner.consume(
            request,
            (delivery) => (seam(delivery.offset) ? done : deliver(delivery)),
            signal,
          )
        },
      }),
  },
  {
    name: 'begins one record late at an offset',
    breaks: ['bus-delivery', 'retention', 'streams'],
    damage: () => (inner) =>
      altered(inner, {
        consume(request, deliver, signal) {
          const { start } = request
          if (typeof start !== 'object' || !('offset' in start))
            return inner.consume(request, deliver, signal)
          return inner.consume({ ...request, start: { offset: start.offset + 1 } }, deliver, signal)
        },
      }),
  },
  {
    name: 'counts offsets anew after a purge',
    breaks: ['retention'],
    damage: () => (inner) => {
      const bases = new Map<string, number>()
      return altered(inner, {
        async publish(request, signal) {
          const receipt = await inner.publish(request, signal)
          const base = bases.get(request.channel.name) ?? 0
          return receipt.offset === undefined ? receipt : { ...receipt, offset: receipt.offset - base }
        },
        async manage(channel, command, signal) {
          if (command.op === 'purge') {
            const { next = 0 } = await inner.manage(channel, { op: 'inspect' }, signal)
            bases.set(channel.name, next)
          }
          return inner.manage(channel, command, signal)
        },
      })
    },
  },
  {
    name: 'keeps everything for ever',
    breaks: ['retention'],
    damage: () => (inner) =>
      forgetting(inner, () => ({ keepMs: undefined, keepCount: undefined, keepBytes: undefined })),
  },
  {
    name: 'does not tell what retention removed',
    breaks: ['retention'],
    damage: () => (inner) =>
      altered(inner, {
        consume: (request, deliver, signal) =>
          inner.consume(
            request.channel.kind === 'stream' ? { ...request, onGap: () => {} } : request,
            deliver,
            signal,
          ),
      }),
  },
  {
    name: 'commits before the handler is done',
    breaks: ['stream-groups'],
    damage: () => (inner) =>
      delivering(inner, (deliver, channel) => {
        if (channel.kind !== 'stream') return deliver
        return (delivery) => {
          void deliver(delivery)
          return done
        }
      }),
  },
]
