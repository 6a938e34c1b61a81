/** Links, and what a test hears on them. */

import { createServer } from 'node:net'
import { decode, encode, makeChannel, makeMessage } from '@busbar/conformance'
import {
  type Channel,
  type ConsumeRequest,
  done,
  EncodedBody,
  type Kind,
  type LinkState,
  type MaybePromise,
  type Message,
  type Outcome,
  systemClock,
  type Transport,
} from 'busbar/transport'
import { onTestFinished } from 'vitest'
import { createDirectory, type ZeromqOptions, zeromq } from '../src/index.js'

export const never = new AbortController().signal

export function channelOf(kind: Kind, name: string, params: readonly string[] = []): Channel {
  return makeChannel(kind, name, { params, fingerprint: '0' })
}

export const bodyOf = (value: unknown) => new EncodedBody('json', encode(value))

export function messageOf(channel: Channel, value: unknown, more: Partial<Message> = {}): Message {
  return { ...makeMessage(channel, value, { id: crypto.randomUUID(), time: 1_000 }), ...more }
}

export const payloadOf = (message: Pick<Message, 'body'>): unknown => decode(message.body.bytes())

/** A directory of this test's own. */
export async function directory(options: { readonly token?: string } = {}) {
  const held = await createDirectory({ url: 'zmq://127.0.0.1:0', ...options })
  onTestFinished(() => held.close())
  return held
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}

export interface Heard<T> {
  readonly all: readonly T[]
  put(value: T): void
  /** Resolves when it was heard so often that it holds. */
  until(holds: (all: readonly T[]) => boolean): Promise<void>
}

export function heard<T>(): Heard<T> {
  const all: T[] = []
  const wake: (() => void)[] = []
  return {
    all,
    put(value) {
      all.push(value)
      for (const go of wake.splice(0)) go()
    },
    async until(holds) {
      while (!holds(all)) await new Promise<void>((resolve) => wake.push(resolve))
    },
  }
}

export async function link(options: ZeromqOptions): Promise<Transport & { states: Heard<LinkState> }> {
  const states = heard<LinkState>()
  const transport = await zeromq(options)({
    service: 'test',
    instance: crypto.randomUUID(),
    clock: systemClock,
    random: Math.random,
    onState: (state) => states.put(state),
  })
  onTestFinished(() => transport.close(AbortSignal.abort()))
  return Object.assign(transport, { states })
}

export async function consume(
  transport: Transport,
  channel: Channel,
  more: Partial<ConsumeRequest> = {},
  handle: () => MaybePromise<Outcome> = () => done,
): Promise<Heard<Message>> {
  const messages = heard<Message>()
  const pattern = [channel.name, ...channel.params.map(() => '*')].join('.')
  await transport.consume(
    { channel, pattern, group: undefined, concurrency: 1, onGap() {}, ...more },
    ({ message }) => {
      messages.put(message)
      return handle()
    },
    never,
  )
  return messages
}

/** Answers every request with its own payload. */
export function echo(transport: Transport, channel: Channel) {
  return transport.accept(
    { channel, pattern: channel.name, concurrency: 16 },
    ({ message, exchange }) => {
      void exchange.send({ body: message.body, end: true })
      return { part() {}, closed() {} }
    },
    never,
  )
}

/** The answer, or the code with which it ended. */
export function ask(
  transport: Transport,
  channel: Channel,
  value: unknown,
  timeoutMs = 10_000,
): Promise<unknown> {
  return new Promise((resolve) => {
    transport.open(
      { channel, message: messageOf(channel, value), timeoutMs },
      { part: (part) => resolve(payloadOf(part)), closed: ({ code }) => resolve(code) },
      never,
    )
  })
}
