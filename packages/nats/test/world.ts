/** Links to a real server, and what a test hears on them. */

import { connect } from '@nats-io/transport-node'
import {
  type Channel,
  type ConsumeRequest,
  type Delivery,
  done,
  type MaybePromise,
  type Outcome,
  systemClock,
  type Transport,
} from 'busbar/transport'
import { onTestFinished } from 'vitest'
import { startBroker } from '../../../tooling/brokers/index.mjs'
import { type NatsOptions, nats } from '../src/index.js'
import { payloadOf } from './channels.js'

export const never = new AbortController().signal

export interface States {
  readonly all: readonly { state: string; reason: string | undefined }[]
  until(state: string): Promise<void>
}

/** A server of this test's own. */
export async function server(config = '') {
  const broker = await startBroker('nats', { config })
  onTestFinished(() => broker[Symbol.asyncDispose]())
  return broker
}

export async function link(options: NatsOptions): Promise<Transport & { states: States }> {
  const all: { state: string; reason: string | undefined }[] = []
  const wake: (() => void)[] = []
  const transport = await nats(options)({
    service: 'test',
    instance: crypto.randomUUID(),
    clock: systemClock,
    random: Math.random,
    onState(state, reason) {
      all.push({ state, reason })
      for (const go of wake.splice(0)) go()
    },
  })
  onTestFinished(() => transport.close(AbortSignal.abort()))
  const until = async (state: string): Promise<void> => {
    while (!all.some((one) => one.state === state)) await new Promise<void>((resolve) => wake.push(resolve))
  }
  return Object.assign(transport, { states: { all, until } })
}

/** The bare client, without Busbar. */
export async function bare(url: string) {
  const nc = await connect({ servers: url })
  onTestFinished(() => nc.close())
  return nc
}

export interface Inbox {
  readonly deliveries: Delivery[]
  readonly values: unknown[]
  until(count: number): Promise<void>
}

export async function consume(
  transport: Transport,
  channel: Channel,
  more: Partial<ConsumeRequest> = {},
  handle: (delivery: Delivery) => MaybePromise<Outcome> = () => done,
): Promise<Inbox> {
  const deliveries: Delivery[] = []
  const wake: (() => void)[] = []
  const pattern = [channel.name, ...channel.params.map(() => '*')].join('.')
  await transport.consume(
    { channel, pattern, group: undefined, concurrency: 1, onGap() {}, ...more },
    (delivery) => {
      deliveries.push(delivery)
      for (const go of wake.splice(0)) go()
      return handle(delivery)
    },
    never,
  )
  return {
    deliveries,
    get values() {
      return deliveries.map(({ message }) => payloadOf(message))
    },
    async until(count) {
      while (deliveries.length < count) await new Promise<void>((resolve) => wake.push(resolve))
    },
  }
}
