/** Fair handing out: members with credit stand in a line, each in turn gets the first message it may have. */

import type { Entry } from './entry.js'
import type { Member } from './member.js'
import type { ReadyList } from './ready-list.js'
import { Ring } from './ring.js'

export interface Dispatcher {
  /** Adds credit to a member. */
  credit(member: Member, messages: number): void
  /** Has messages handed out soon, if there are both messages and takers. */
  schedule(): void
}

/**
 * `deliver` gives false when the message turned out to be no more; then the member keeps its credit. `handOver` is
 * called after the last of a turn.
 */
export function createDispatcher(
  defer: (fn: () => void) => void,
  ready: ReadyList,
  deliver: (entry: Entry, member: Member) => boolean,
  handOver: () => void,
): Dispatcher {
  const takers = new Ring<Member>()
  let scheduled = false

  const queue = (member: Member): void => {
    if (member.queued) return
    member.queued = true
    takers.push(member)
  }
  const schedule = (): void => {
    if (scheduled || takers.size === 0 || ready.size === 0) return
    scheduled = true
    defer(dispatch)
  }
  const dispatch = (): void => {
    scheduled = false
    // What sinks add meanwhile has scheduled the next turn itself, so that no group holds the process.
    let budget = ready.size
    let misses = 0
    while (budget > 0 && misses < takers.size) {
      const member = takers.shift()
      if (member === undefined) break
      member.queued = false
      if (!member.active || member.credit <= 0) continue
      const entry = ready.take(member.pattern)
      if (entry === undefined) {
        misses++
        queue(member)
        continue
      }
      budget--
      misses = 0
      member.credit--
      if (member.credit > 0) queue(member)
      if (!deliver(entry, member)) credit(member, 1)
    }
    handOver()
  }
  const credit = (member: Member, messages: number): void => {
    if (!member.active || !(messages > 0)) return
    member.credit += messages
    queue(member)
    schedule()
  }
  return { credit, schedule }
}
