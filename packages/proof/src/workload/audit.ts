/** The end of a workload: waits until nothing waits any more, and writes down what is left. */

import type { AnyTopic, Bus, ChannelState } from 'busbar'
import { hashOf } from './payload.js'
import type { WorkloadHost } from './workload-host.js'

const auditor = 'auditor'
const lookMs = 10

/** Asks again while the hub is away; undefined when the time is over. */
async function inspect(
  host: WorkloadHost,
  bus: Bus,
  topic: AnyTopic,
  until: number,
): Promise<ChannelState | undefined> {
  while (host.options.clock.monotonic() < until) {
    try {
      return await bus.inspect(topic)
    } catch {
      await host.pause(lookMs)
    }
  }
  return undefined
}

/** Gives false when messages of a topic still wait at that time. */
export async function settled(host: WorkloadHost, bus: Bus, until: number): Promise<boolean> {
  const { clock } = host.options
  for (const topic of host.topics) {
    for (;;) {
      const state = await inspect(host, bus, topic, until)
      if (state === undefined) return false
      if (isSettled(host, topic, state)) break
      if (clock.monotonic() >= until) return false
      await host.pause(lookMs)
    }
  }
  return true
}

function isSettled({ offsets }: WorkloadHost, topic: AnyTopic, state: ChannelState): boolean {
  const { ready, delayed, leased, next = 0 } = state
  const isEmpty = ready + delayed + leased === 0
  return isEmpty && (topic.kind !== 'stream' || [...offsets.values()].every((offset) => offset === next - 1))
}

/** Puts every second dead letter of each topic back. */
export async function redriveSome(host: WorkloadHost, bus: Bus): Promise<void> {
  for (const topic of host.tracked) {
    const letters = bus.deadLetters(topic)
    const ids: string[] = []
    let count = 0
    for await (const { id } of letters) if (count++ % 2 === 0) ids.push(id)
    host.write(auditor, { op: 'redrive', type: 'invoke', topic: topic.name, ids })
    await letters.redrive({ ids })
    host.write(auditor, { op: 'redrive', type: 'ok', topic: topic.name, ids })
  }
}

/** Writes down dead letters, records and counts; topics that are not `isComplete` get no end. */
export async function audit(host: WorkloadHost, bus: Bus, isComplete: boolean): Promise<void> {
  const { log } = host.options.topics
  for (const topic of host.tracked) {
    for await (const { id, group, payload, reason } of bus.deadLetters(topic)) {
      const seen = { id, value: nameOf(payload), hash: hashOf(payload), reason }
      const place = { topic: topic.name, ...(group !== undefined && { group }) }
      host.write(auditor, { op: 'dead', ...place, ...seen })
    }
  }
  if (host.has(log)) {
    for await (const { value, ctx } of bus.replay(log, { from: 'start', to: 'now' })) {
      const { offset, id } = ctx
      const seen = { offset, id, value: value.value, hash: hashOf(value) }
      host.write(auditor, { op: 'record', topic: log.name, ...seen })
    }
  }
  for (const topic of host.topics) {
    const { received, ready, delayed, leased, done, dropped, dead, expired, purged } =
      await bus.inspect(topic)
    const state = { received, ready, delayed, leased, done, dropped, dead, expired, purged }
    host.write(auditor, { op: 'counts', topic: topic.name, ...state })
    if (isComplete) host.write(auditor, { op: 'drained', topic: topic.name })
  }
}

function nameOf(payload: unknown): string {
  const isNamed = typeof payload === 'object' && payload !== null && 'value' in payload
  return isNamed ? String(payload.value) : ''
}
