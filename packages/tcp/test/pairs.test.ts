// Pairs over links that are cut at any moment, that say nothing any more, and that stay away.

import { type CuttingProxy, createCuttingProxy } from '@busbar/conformance/proxy'
import { createHub, type HubOptions } from '@busbar/hub'
import {
  type Channel,
  type Closed,
  EncodedBody,
  type Exchange,
  type Peer,
  systemClock,
} from 'busbar/transport'
import { expect, it, onTestFinished } from 'vitest'
import { tcp } from '../src/index.js'

const host = '127.0.0.1'
const never = new AbortController().signal
const channel: Channel = {
  name: 'tcp.pair',
  kind: 'pair',
  params: ['n'],
  fingerprint: 'f',
  guarantees: {
    tracked: false,
    retry: { attempts: 1, backoff: 'fixed', initialMs: 1, maxMs: 1 },
    leaseMs: 30_000,
    ordered: false,
    priority: false,
    ttlMs: undefined,
    dedupeMs: undefined,
    maxBytes: 1_048_576,
    durable: false,
    keepMs: undefined,
    keepCount: undefined,
    keepBytes: undefined,
    streamed: false,
  },
}
const encode = (value: unknown) => new EncodedBody('json', new TextEncoder().encode(JSON.stringify(value)))

/** One side: counts what it says, and notes the numbers it heard. */
class Side {
  readonly heard: number[] = []
  readonly ends: Closed[] = []
  exchange: Exchange | undefined
  said = 0
  private waiting: (() => void)[] = []

  constructor(private readonly onPart: () => void = () => {}) {}

  readonly peer: Peer = {
    part: (part) => {
      this.heard.push(JSON.parse(new TextDecoder().decode(part.body.bytes())).n)
      this.onPart()
      this.wake()
      // Some are taken at once, some later: both kinds cross the cuts.
      return this.heard.length % 3 === 0 ? new Promise((taken) => setImmediate(taken)) : undefined
    },
    closed: (reason) => {
      this.ends.push(reason)
      this.wake()
    },
  }

  async say(): Promise<void> {
    const n = this.said++
    await this.exchange?.send({ body: encode({ n, ballast: 'x'.repeat((n * 37) % 900) }) })
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((wake) => this.waiting.push(wake))
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake()
  }
}

async function world(limits: HubOptions['limits']) {
  const hub = await createHub({ tcp: { host, port: 0 }, limits: { drainTimeoutMs: 50, ...limits } })
  let port = Number(new URL(hub.tcpUrl).port)
  const proxy: CuttingProxy = await createCuttingProxy(() => ({ host, port }))
  onTestFinished(async () => {
    await hub.close()
    await proxy[Symbol.asyncDispose]()
  })
  const states: string[] = []
  const connect = async (url: string) => {
    const transport = await tcp({ url })({
      service: 's',
      instance: crypto.randomUUID(),
      clock: systemClock,
      // Comes back at once.
      random: () => 0,
      onState: (state) => void states.push(state),
    })
    onTestFinished(() => transport.close(AbortSignal.abort()))
    await transport.declare(channel, never)
    return transport
  }
  return {
    hub,
    proxy,
    connect,
    viaProxy: `tcp://${host}:${proxy.port}`,
    /** New connections through the proxy lead nowhere. */
    wall() {
      port = 1
    },
  }
}

type Wire = Awaited<ReturnType<Awaited<ReturnType<typeof world>>['connect']>>

async function pair(dialing: Wire, accepting: Wire, n: number, onPart?: () => void) {
  const [dialer, accepter] = [new Side(onPart), new Side(onPart)]
  const address = `${channel.name}.${n}`
  const offered = new Promise<void>((resolve) => {
    void accepting
      .accept(
        { channel, pattern: address, concurrency: 1 },
        ({ exchange }) => {
          accepter.exchange = exchange
          resolve()
          return accepter.peer
        },
        never,
      )
      .then(() => {
        const message = { id: `m${n}`, address, key: undefined, headers: {}, time: 0, body: encode(0) }
        dialer.exchange = dialing.open({ channel, message, timeoutMs: undefined }, dialer.peer, never)
      })
  })
  await offered
  return { dialer, accepter }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** The same moments in each run, as far as the network is the same. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

it('X1 F57 150 cuts at random moments lose, repeat and reorder nothing, in either direction', async () => {
  const { proxy, connect, viaProxy } = await world({ exchangeWindowBytes: 4_096 })
  const random = randomFrom(20_260_101)
  let cuts = 0
  let partsToCut = 1
  const onPart = (): void => {
    partsToCut -= 1
    if (partsToCut !== 0 || cuts >= 150) return
    cuts += 1
    void proxy.cut()
    partsToCut = 1 + random(60)
  }
  const [dialing, accepting] = [await connect(viaProxy), await connect(viaProxy)]
  const pairs = [await pair(dialing, accepting, 1, onPart), await pair(dialing, accepting, 2, onPart)]
  const sides = pairs.flatMap(({ dialer, accepter }) => [dialer, accepter])
  await Promise.all(
    sides.map(async (side) => {
      while (cuts < 150) {
        await side.say()
        // A talk without pauses would starve the network.
        await new Promise((next) => setImmediate(next))
      }
    }),
  )
  for (const { dialer, accepter } of pairs) {
    for (const [speaker, listener] of [
      [dialer, accepter],
      [accepter, dialer],
    ] as const) {
      await listener.until(() => listener.heard.length >= speaker.said || listener.ends.length > 0)
      expect(listener.heard).toEqual(upTo(speaker.said))
      expect(listener.ends).toEqual([])
    }
  }
}, 60_000)

it('X1 a side that stays away: when the window is over both sides hear PAIR_RESET, once', async () => {
  const { hub, proxy, connect, viaProxy, wall } = await world({ resumeMs: 60 })
  const { dialer, accepter } = await pair(await connect(viaProxy), await connect(hub.tcpUrl), 1)
  wall()
  await proxy.cut()
  await accepter.until(() => accepter.ends.length > 0)
  await dialer.until(() => dialer.ends.length > 0)
  expect([dialer.ends, accepter.ends]).toMatchObject([[{ code: 'PAIR_RESET' }], [{ code: 'PAIR_RESET' }]])
  await expect(dialer.say()).rejects.toMatchObject({ code: 'PAIR_RESET' })
})

it('X1 F50 a link that says nothing any more is left for another, and the pair goes on', async () => {
  const { hub, proxy, connect, viaProxy } = await world({ heartbeatMs: 40 })
  const { dialer, accepter } = await pair(await connect(viaProxy), await connect(hub.tcpUrl), 1)
  await Promise.all([dialer.say(), accepter.say()])
  proxy.silence()
  await Promise.all([dialer.say(), accepter.say()])
  await accepter.until(() => accepter.heard.length >= 2)
  await dialer.until(() => dialer.heard.length >= 2)
  expect([dialer.heard, accepter.heard, dialer.ends, accepter.ends]).toEqual([[0, 1], [0, 1], [], []])
})

it('X1 a side whose partner is away waits at last, and holds no more than the window', async () => {
  const { hub, proxy, connect, viaProxy } = await world({ exchangeWindowBytes: 4_096 })
  const { dialer, accepter } = await pair(await connect(viaProxy), await connect(hub.tcpUrl), 1)
  proxy.silence()
  let said = 0
  const talking = (async () => {
    for (; said < 400; said++) await accepter.say()
  })()
  // It comes to a halt: what it says goes nowhere, whatever else happens.
  for (let last = -1; last !== said; ) {
    last = said
    for (let turn = 0; turn < 200; turn++) await new Promise((next) => setImmediate(next))
  }
  expect(said).toBeLessThan(200)
  await proxy.cut()
  await talking
  await dialer.until(() => dialer.heard.length >= 400)
  expect(dialer.heard).toEqual(upTo(400))
})
