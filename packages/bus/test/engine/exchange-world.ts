/** A broker of exchanges under a manual clock, with peers that write down what they hear. */

import type { Body } from '../../src/body.js'
import { EncodedBody } from '../../src/body.js'
import type { Channel, Kind } from '../../src/channel.js'
import { createExchanges } from '../../src/engine/exchange.js'
import { defaultLimits } from '../../src/engine/limits.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import type { Accept, Closed, Exchange, MaybePromise, Message, Part, Peer } from '../../src/transport.js'

const body = (text: string): Body => new EncodedBody('json', new TextEncoder().encode(text))
const textOf = (part: { readonly body: Body }): string => new TextDecoder().decode(part.body.bytes())
export const part = (text: string, end = false): Part => ({ body: body(text), ...(end && { end }) })
export const reply = (text: string): Part => part(text, true)

export const channelOf = (kind: Kind, params: readonly string[] = []): Channel => ({
  name: 'tower.ask',
  kind,
  params,
  guarantees: {
    tracked: true,
    retry: { attempts: 3, backoff: 'fixed', initialMs: 100, maxMs: 100 },
    leaseMs: 30_000,
    ordered: false,
    priority: false,
    ttlMs: undefined,
    dedupeMs: undefined,
    maxBytes: 1_000_000,
    durable: false,
    keepMs: undefined,
    keepCount: undefined,
    keepBytes: undefined,
    streamed: false,
  },
  fingerprint: 'f',
})

export const messageTo = (address: string, text = 'in'): Message => ({
  id: `id-${text}`,
  address,
  key: undefined,
  headers: {},
  time: 0,
  body: body(text),
})

/** Everything a peer heard, in order; `taken` makes its back-pressure. */
export class RecordingPeer implements Peer {
  readonly heard: string[] = []
  readonly closes: Closed[] = []

  constructor(private readonly taken: () => MaybePromise<void> = () => undefined) {}

  part(said: Part): MaybePromise<void> {
    if (this.closes.length > 0) throw new Error('a part after closed')
    this.heard.push(textOf(said))
    return this.taken()
  }

  closed(reason: Closed): void {
    this.closes.push(reason)
    this.heard.push(reason.code)
  }
}

/** One accepted exchange and the ear of its acceptor. */
export interface Accepted {
  readonly text: string
  readonly timeoutMs: number | undefined
  readonly exchange: Exchange
  readonly peer: RecordingPeer
}

export function exchangeWorld(kind: 'request' | 'pair' = 'request', params: readonly string[] = []) {
  const clock = new ManualClock()
  const queue: (() => void)[] = []
  let token = 0
  const channel = channelOf(kind, params)
  const broker = createExchanges(channel, {
    clock,
    random: () => 0.5,
    defer: (fn) => void queue.push(fn),
    limits: defaultLimits,
    nextToken: () => ++token,
  })
  /** Runs what was deferred, also what that defers. */
  const settle = (): void => {
    for (let fn = queue.shift(); fn !== undefined; fn = queue.shift()) fn()
  }
  return {
    broker,
    clock,
    channel,
    settle,
    open(options: { to?: string; text?: string; timeoutMs?: number; peer?: RecordingPeer } = {}) {
      const peer = options.peer ?? new RecordingPeer()
      const message = messageTo(options.to ?? channel.name, options.text)
      const exchange = broker.open({ channel, message, timeoutMs: options.timeoutMs }, peer)
      return { exchange, peer }
    },
    accept(options: { pattern?: string; concurrency?: number; on?: (accepted: Accepted) => void } = {}) {
      const accepted: Accepted[] = []
      const ended: string[] = []
      const accept: Accept = (offer) => {
        const peer = new RecordingPeer()
        const one = {
          text: textOf(offer.message),
          timeoutMs: offer.timeoutMs,
          exchange: offer.exchange,
          peer,
        }
        accepted.push(one)
        options.on?.(one)
        return peer
      }
      const acceptor = broker.accept(
        { channel, pattern: options.pattern ?? channel.name, concurrency: options.concurrency ?? 64 },
        accept,
        (reason) => ended.push(reason),
      )
      return { acceptor, accepted, ended }
    },
  }
}
