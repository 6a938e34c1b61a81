/** Links to a loopback broker on a clock that only the test moves. */

import { decode, encode, makeChannel } from '@busbar/conformance'
import { ManualClock } from 'busbar/testing'
import {
  type Channel,
  type Closed,
  EncodedBody,
  type Exchange,
  type Kind,
  type MaybePromise,
  type Part,
  type Peer,
} from 'busbar/transport'
import type { ExchangeOptions } from '../../src/index.js'
import { LoopbackBroker } from './loopback-broker.js'
import { type Joined, join } from './loopback-transport.js'

const DONE: Closed = { code: 'DONE' }

/** Lets everything happen that promises alone can do. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const bodyOf = (value: unknown) => new EncodedBody('json', encode(value))
const valueIn = ({ body }: Part): unknown => decode(body.bytes())

/** One side that writes down what it hears. */
export interface Side extends Peer {
  readonly heard: unknown[]
  readonly parts: Part[]
  readonly closings: Closed[]
}

function side(slow?: (part: Part) => MaybePromise<void>): Side {
  const parts: Part[] = []
  const heard: unknown[] = []
  const closings: Closed[] = []
  return {
    parts,
    heard,
    closings,
    part(part) {
      parts.push(part)
      heard.push(part.body.size === 0 ? undefined : valueIn(part))
      return slow?.(part)
    },
    closed: (reason) => void closings.push(reason),
  }
}

export function channelOf(kind: Kind, streamed = false): Channel {
  return makeChannel(kind, 'air.desk', { guarantees: { streamed }, fingerprint: '00c0ffee' })
}

export interface Call extends Side {
  readonly exchange: Exchange
}
export interface Offer extends Call {
  readonly asked: unknown
}

export function world(options: ExchangeOptions = {}) {
  const clock = new ManualClock()
  const { signal: never } = new AbortController()
  const broker = new LoopbackBroker()
  let links = 0
  let messages = 0
  const link = (): Joined => {
    links += 1
    let last = links
    // Of no quality, but different for each link.
    const random = (): number => {
      last = (last * 16_807) % 2_147_483_647
      return last / 2_147_483_647
    }
    return join(broker, { service: 'desk', instance: `i${links}`, clock, random, onState() {} }, options)
  }
  const ask = (
    { exchanges }: Joined,
    channel: Channel,
    value: unknown,
    given: { timeoutMs?: number; slow?: (part: Part) => MaybePromise<void>; signal?: AbortSignal } = {},
  ): Call => {
    messages += 1
    const message = {
      id: `m-${messages}`,
      address: channel.name,
      key: undefined,
      headers: { source: 'desk' },
      time: clock.now(),
      body: bodyOf(value),
    }
    const me = side(given.slow)
    const request = { channel, message, timeoutMs: given.timeoutMs }
    return { ...me, exchange: exchanges.open(request, me, given.signal ?? never) }
  }
  const serve = async (
    { exchanges }: Joined,
    channel: Channel,
    handle: (offer: Offer) => unknown = () => undefined,
    given: { concurrency?: number; slow?: (part: Part) => MaybePromise<void> } = {},
  ) => {
    const offers: Offer[] = []
    const consumer = await exchanges.accept(
      { channel, pattern: channel.name, concurrency: given.concurrency ?? 64 },
      ({ message, exchange }) => {
        const me = side(given.slow)
        const offer = { ...me, exchange, asked: valueIn({ body: message.body }) }
        offers.push(offer)
        handle(offer)
        return me
      },
      never,
    )
    return { offers, consumer }
  }
  return { clock, broker, link, ask, serve }
}

/** Says one last part. */
export function answer({ exchange }: Call, value: unknown): void {
  void exchange.send({ body: bodyOf(value), end: true })
  exchange.close(DONE)
}

/** Says parts, each when the one before was taken, then closes; `said` counts them. */
export function recite(call: Call, count: number, ballast = ''): { said: number } {
  return speak(call, count, ballast, () => call.exchange.close(DONE))
}

/** Says parts as `recite` does; the last one says that nothing follows from this side. */
export function speak(
  { exchange }: Call,
  count: number,
  ballast = '',
  finish: (() => void) | undefined = undefined,
): { said: number } {
  const progress = { said: 0 }
  const go = async (): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const body = bodyOf(ballast === '' ? n : { n, ballast })
      await exchange.send(finish === undefined && n === count - 1 ? { body, end: true } : { body })
      progress.said += 1
    }
    finish?.()
  }
  void go().catch(() => undefined)
  return progress
}
