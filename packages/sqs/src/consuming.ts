/** Makes consumers: whose queue they read, and what is to be done when they come and go. */

import { createPlainConsumer } from '@busbar/adapter'
import type { Channel, ConsumeRequest, Consumer, Deliver, Host } from 'busbar/transport'
import type { Cemetery } from './burial.js'
import type { Link } from './link.js'
import { Listener } from './listener.js'
import type { Role } from './names.js'
import { type Layout, queueOf, resourceOf } from './plan.js'
import type { PollHost } from './poll.js'
import type { Provisioning } from './provisioner.js'
import type { Queues } from './queues.js'
import { aliveTags, keepAlive } from './sweeper.js'
import { Worker } from './worker.js'

export interface ConsumingHost {
  readonly host: Host
  readonly link: Link
  readonly queues: Queues
  readonly layout: Layout
  readonly cemetery: Cemetery
  readonly provisioning: Provisioning
  readonly waitSeconds: number
  readonly routesMs: number
}

export interface Ending extends Consumer {
  /** Gives everything back without waiting for handlers. */
  abandon(): Promise<void>
}

const letters = '0123456789abcdefghijklmnopqrstuvwxyz'

/** Resolves when publishers have had time to notice the queue. */
export async function startConsumer(
  deps: ConsumingHost,
  request: ConsumeRequest,
  deliver: Deliver,
): Promise<Ending> {
  const { host, link, provisioning, queues, layout } = deps
  const { channel, group } = request
  const role = roleFor(channel, group, host.random)
  const queue = queueOf(layout, channel, role)
  const make = (): Promise<void> => prepare(deps, channel, role, queue)
  await make()
  const stopSigns = role.is === 'each' ? keepAlive(host.clock, queues, queue) : () => {}
  if (channel.kind === 'event') await link.pause(deps.routesMs)
  const poll: PollHost = {
    ...{ link, queues, queue, waitSeconds: deps.waitSeconds },
    async restore() {
      await provisioning.declare(channel)
      await make()
    },
  }
  const onClosed = async (): Promise<void> => {
    stopSigns()
    if (role.is !== 'each') return
    deps.cemetery.lines.forget(queue)
    // Whoever publishes next finds and deletes it if this fails.
    await queues.delete(queue).catch(() => {})
  }
  if (channel.guarantees.tracked) {
    return new Worker({ ...poll, host, cemetery: deps.cemetery, onClosed }, request, deliver)
  }
  const plain = await createPlainConsumer(host, request, deliver)
  const line = deps.cemetery.lines.of(queue)
  const { pattern } = request
  return new Listener({
    ...poll,
    ...{ clock: host.clock, line, plain, channel, pattern, isShared: role.is !== 'each', onClosed },
  })
}

function roleFor(channel: Channel, group: string | undefined, random: () => number): Role {
  if (channel.kind === 'queue') return { is: 'main' }
  if (group !== undefined) return { is: 'group', group }
  const id = Array.from({ length: 16 }, () => letters[Math.floor(random() * letters.length)] ?? '0')
  return { is: 'each', id: id.join('') }
}

async function prepare(
  { provisioning, queues, layout, host }: ConsumingHost,
  channel: Channel,
  role: Role,
  queue: string,
): Promise<void> {
  if (role.is === 'group') await provisioning.declareRole(channel, role)
  if (role.is !== 'each') return
  const { settings } = resourceOf(layout, channel, role)
  const attributes = Object.entries(settings).map(([name, value]) => [name, String(value)])
  await queues.create(queue, Object.fromEntries(attributes), aliveTags(host.clock.now()))
}
