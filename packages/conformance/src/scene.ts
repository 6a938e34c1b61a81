/** What a case gets: names of its own, links and buses to the one broker, all of them closed afterwards. */

import { type Bus, type BusOptions, createBus } from 'busbar'
import {
  type Capabilities,
  type Channel,
  type Clock,
  createIds,
  type Host,
  type Kind,
  systemClock,
} from 'busbar/transport'
import type { World } from './harness.js'
import { type ChannelOptions, makeChannel } from './seam/channels.js'
import { type Link, makeLink } from './seam/link.js'
import { pause, within } from './within.js'

export interface Scene {
  /** Part of every name this case makes, so that cases never meet. Fit for a contract's name. */
  readonly id: string
  readonly capabilities: Capabilities
  readonly world: World
  readonly clock: Clock
  /** A channel of this case's own; `label` tells two of one case apart. */
  channel(kind: Kind, options?: ChannelOptions & { readonly label?: string }): Channel
  link(onState?: Host['onState']): Promise<Link>
  /** A bus on a link of its own. */
  bus(service: string, options?: Partial<BusOptions>): Promise<Bus>
  pause(ms: number): Promise<void>
}

/** 53 random bits are more than enough for jitter; `crypto` is there in Node and browsers alike. */
const random = (): number => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32

/** Runs `play` with a fresh scene and clears up after it, also when it fails. */
export async function stage(
  world: World,
  capabilities: Capabilities,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const clock = world.clock ?? systemClock
  const id = `c${crypto.randomUUID().slice(0, 8)}`
  const makeId = createIds(clock, random)
  const stamp = () => ({ id: makeId(), time: clock.now() })
  const closers: (() => Promise<void>)[] = []
  let links = 0
  const nextInstance = (): string => `${id}-${++links}`
  const scene: Scene = {
    id,
    capabilities,
    world,
    clock,
    channel: (kind, { label = kind, ...options } = {}) => makeChannel(kind, `${id}.${label}`, options),
    async link(onState = () => {}) {
      const host = { service: id, instance: nextInstance(), clock, random, onState }
      const link = makeLink(await within(world.connect(host), 'connect()'), { stamp })
      closers.push(() => link.close(AbortSignal.abort()))
      return link
    },
    async bus(service, options = {}) {
      const bus = await within(
        createBus({
          service,
          transport: (host) => world.connect(host),
          drainTimeoutMs: 200,
          clock,
          ...options,
        }),
        'createBus()',
      )
      closers.push(() => bus.close())
      return bus
    },
    pause: (ms) => pause(ms, clock),
  }
  try {
    await play(scene)
  } finally {
    await Promise.allSettled(closers.map((close) => within(close(), 'clearing up', 2_000)))
  }
}
