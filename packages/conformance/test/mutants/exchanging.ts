/** Transports that break what requests, streamed replies, pairs and signals promise. */

import type { Closed, Kind, Peer, Transport } from 'busbar/transport'
import { altered, type Mutant } from './mutant.js'

/** Changes what the opening side of exchanges hears. */
function hearing(inner: Transport, kind: Kind, change: (peer: Peer) => Peer): Transport {
  return altered(inner, {
    open: (request, peer, signal) =>
      inner.open(request, request.channel.kind === kind ? change(peer) : peer, signal),
  })
}

export const exchanging: readonly Mutant[] = [
  {
    name: 'gives answers to whoever asked last',
    breaks: ['bus-exchanges', 'request-reply', 'streamed-replies'],
    damage: () => (inner) => {
      let last: Peer | undefined
      return hearing(inner, 'request', (peer) => {
        last = peer
        return { part: (part) => last?.part(part), closed: (reason) => peer.closed(reason) }
      })
    },
  },
  {
    name: 'does not tell that nobody is there',
    breaks: ['bus-exchanges', 'cancellation', 'request-reply'],
    damage: () => (inner) =>
      hearing(inner, 'request', (peer) => ({
        part: (part) => peer.part(part),
        closed: (reason) => peer.closed(reason.code === 'NO_RESPONDER' ? { code: 'TIMEOUT' } : reason),
      })),
  },
  {
    name: 'hands late answers over',
    breaks: ['request-reply'],
    damage: () => (inner, host) =>
      altered(inner, {
        open(request, peer, signal) {
          const { timeoutMs = 60_000 } = request
          let told = false
          const tell = (reason: Closed): void => {
            if (told) return
            told = true
            peer.closed(reason)
          }
          const exchange = inner.open(
            { ...request, timeoutMs: timeoutMs + 5_000 },
            { part: (part) => peer.part(part), closed: tell },
            signal,
          )
          if (request.channel.kind === 'request') host.clock.after(timeoutMs, () => tell({ code: 'TIMEOUT' }))
          return exchange
        },
      }),
  },
  {
    name: 'does not tell a responder that its caller gave up',
    breaks: ['bus-exchanges', 'cancelled-requests', 'streamed-replies'],
    damage: () => (inner) =>
      altered(inner, {
        open(request, peer, signal) {
          if (request.channel.kind !== 'request') return inner.open(request, peer, signal)
          let left = false
          const leave = (reason: Closed): void => {
            if (left) return
            left = true
            peer.closed(reason)
          }
          const exchange = inner.open(
            request,
            {
              part: (part) => (left ? undefined : peer.part(part)),
              closed: leave,
            },
            signal.aborted ? signal : new AbortController().signal,
          )
          signal.addEventListener('abort', () => leave({ code: 'CANCELLED' }))
          return { send: (part) => exchange.send(part), close: leave }
        },
      }),
  },
  {
    name: 'does not hold back a sender',
    breaks: ['streamed-replies'],
    damage: () => (inner) =>
      hearing(inner, 'request', (peer) => ({
        part(part) {
          void peer.part(part)
        },
        closed: (reason) => peer.closed(reason),
      })),
  },
  {
    name: 'lets a second dialer believe that it is connected',
    breaks: ['bus-exchanges', 'pairs'],
    damage: () => (inner) =>
      hearing(inner, 'pair', (peer) => ({
        part: (part) => peer.part(part),
        closed(reason) {
          if (reason.code !== 'PAIR_TAKEN') peer.closed(reason)
        },
      })),
  },
  {
    name: 'hangs on an aborted signal',
    breaks: ['cancellation'],
    damage: () => (inner) => {
      const unless = <T>(signal: AbortSignal, act: () => T): T | Promise<never> =>
        signal.aborted ? new Promise<never>(() => {}) : act()
      return altered(inner, {
        declare: async (channel, signal) => unless(signal, () => inner.declare(channel, signal)),
        publish: (request, signal) => unless(signal, () => inner.publish(request, signal)),
        consume: async (request, deliver, signal) =>
          unless(signal, () => inner.consume(request, deliver, signal)),
      })
    },
  },
  {
    name: 'does not look at signals when publishing',
    breaks: ['cancellation'],
    damage: () => (inner) =>
      altered(inner, { publish: (request) => inner.publish(request, new AbortController().signal) }),
  },
  {
    name: 'claims to reconnect and says nothing',
    breaks: ['reconnect', 'reconnected-pairs'],
    interrupt: async () => {},
    damage: () => (inner) => {
      const features = Object.freeze({ ...inner.capabilities.features, reconnect: 'native' as const })
      return altered(inner, { capabilities: Object.freeze({ ...inner.capabilities, features }) })
    },
  },
]
