/** Who reads one stream: named groups that keep their place, and readers that leave nothing behind. */

import type { Channel } from '../channel.js'
import type { ConsumeRequest, Start } from '../transport.js'
import { type Pattern, parsePattern } from './address-pattern.js'
import type { EngineConsumer, Sink } from './engine.js'
import { createLogGroup, type LogGroup } from './log-group.js'
import type { LogRecords } from './log-records.js'
import type { BrokerState, DeadLetterStore, Ending, PartHost, Tally } from './parts.js'
import { createTally, stateOf, sumOf } from './tally.js'

/** Groups without members whose position is remembered; the one that was left longest ago is forgotten first. */
const maxIdleGroups = 1_000

export interface LogCursors {
  /** Somebody reads. */
  readonly active: boolean
  consume(request: ConsumeRequest, sink: Sink): EngineConsumer
  /** To be called for each new record before retention looks at it. */
  appended(offset: number): void
  /** A named group without members, as a journal knows it. */
  restore(name: string, pattern: string, cursor: number): void
  /** The same left again. */
  remove(name: string, pattern: string): void
  inspect(): BrokerState
  purge(): void
  close(): void
}

export interface NewLogGroup {
  readonly name: string
  readonly pattern: Pattern
  /** Where it begins to read. */
  readonly cursor: number
  /** To be called when its last member has left. */
  readonly onEmpty: () => void
}

export interface LogCursorsOptions<G extends LogGroup> {
  readonly records: LogRecords
  /** Counts of the named groups. */
  readonly tally: Tally
  /** Counts of the readers. */
  readonly passing: Tally
  /** Of the readers. */
  readonly dead: Pick<DeadLetterStore, 'bury' | 'onRoom'>
  readonly makeGroup: (group: NewLogGroup) => G
  /** The last consumer left. */
  readonly onQuiet?: () => void
  /** A group was forgotten. */
  readonly onForgotten?: (group: G) => void
}

export function createLogCursors<G extends LogGroup>(
  channel: Channel,
  host: PartHost,
  { records, tally, passing, dead, makeGroup, onQuiet, onForgotten }: LogCursorsOptions<G>,
): LogCursors {
  const groups = new Map<string, G>()
  const idle = new Set<string>()
  /** With members. */
  const active = new Set<LogGroup>()

  const offsetOf = (start: Start | undefined): number => {
    if (start === 'start') return records.first
    if (typeof start !== 'object') return records.next
    return 'offset' in start ? Math.max(0, start.offset) : records.since(start.time)
  }
  // What a group reads is part of its place: another pattern is another cursor.
  const keyOf = (name: string, { tokens, text }: Pattern): string =>
    `${name} ${tokens === undefined ? '' : text}`
  const everyGroup = (): Set<LogGroup> => new Set([...groups.values(), ...active])

  const retire = (group: LogGroup): void => {
    active.delete(group)
    if (active.size === 0) onQuiet?.()
  }
  const forget = (key: string): G | undefined => {
    const group = groups.get(key)
    groups.delete(key)
    idle.delete(key)
    return group
  }
  const forgetOldest = (): void => {
    const [oldest] = idle
    const group = oldest === undefined ? undefined : forget(oldest)
    if (group === undefined) return
    group.purge()
    group.close()
    onForgotten?.(group)
  }

  const enter = (name: string, pattern: Pattern, cursor: () => number): G => {
    const key = keyOf(name, pattern)
    const known = groups.get(key)
    if (known !== undefined) return known
    const group = makeGroup({
      name,
      pattern,
      cursor: cursor(),
      onEmpty() {
        retire(group)
        idle.add(key)
        if (idle.size > maxIdleGroups) forgetOldest()
      },
    })
    groups.set(key, group)
    return group
  }

  const reader = ({ pattern, start, inOrder = false }: ConsumeRequest): LogGroup => {
    const count = countInto(passing)
    const group: LogGroup = createLogGroup(host, {
      channel,
      records,
      dead,
      tally: createTally(),
      transient: true,
      ordered: channel.guarantees.ordered && !inOrder,
      group: undefined,
      pattern: parsePattern(channel, pattern),
      cursor: offsetOf(start),
      onSettled(ending, again) {
        // What a reader had read ahead when it left is no loss; what came back to it was counted before.
        if (ending !== 'dropped' || again || group.members > 0) count(ending, again)
      },
      onEmpty: () => retire(group),
    })
    return group
  }

  return {
    get active() {
      return active.size > 0
    },
    consume(request, sink) {
      const { group: name, start } = request
      const until = request.until === 'now' ? records.next : undefined
      if (name === undefined) {
        const group = reader(request)
        active.add(group)
        return group.join(sink, until)
      }
      const pattern = parsePattern(channel, request.pattern)
      const group = enter(name, pattern, () => offsetOf(start))
      idle.delete(keyOf(name, pattern))
      active.add(group)
      return group.join(sink, until)
    },
    appended(offset) {
      for (const group of active) group.appended(offset)
    },
    restore(name, text, cursor) {
      const pattern = parsePattern(channel, text)
      enter(name, pattern, () => cursor)
      idle.add(keyOf(name, pattern))
    },
    remove: (name, text) => void forget(keyOf(name, parsePattern(channel, text))),
    inspect() {
      const all = everyGroup()
      const state = stateOf(sumOf(tally, passing), all)
      let { received } = state
      for (const { unsettled } of all) received += unsettled
      return { ...state, received, first: records.first, next: records.next }
    },
    purge() {
      for (const group of everyGroup()) group.purge()
    },
    close() {
      for (const group of everyGroup()) group.close()
      groups.clear()
      active.clear()
    },
  }
}

/** Counts what leaves a cursor; received is what was settled, so that what was only read ahead is none of it. */
export function countInto(tally: Tally): (ending: Ending, again: boolean) => void {
  return (ending, again) => {
    if (!again) tally.received += 1
    // The dead letters count what they hold themselves.
    if (ending !== 'dead') tally[ending] += 1
  }
}
