/** One group of consumers over tracked messages: who gets what, how often it is tried, and how it leaves. */

import type { Failure, Outcome } from '../outcome.js'
import type { Message } from '../transport.js'
import { createBurials } from './burials.js'
import { createDelays } from './delays.js'
import { createDispatcher } from './dispatcher.js'
import { createEntry, type Entry, EntryList } from './entry.js'
import { EntryHeap } from './entry-heap.js'
import { createGroupMembers } from './group-members.js'
import { createHandOver } from './hand-over.js'
import { createKeyLanes } from './key-lanes.js'
import type { Member } from './member.js'
import type { Ending, Grounds, GroupQueue, GroupQueueOptions, Offer, PartHost } from './parts.js'
import { createReadyList } from './ready-list.js'
import { createTimeline } from './timeline.js'

const leaseEnded: Failure = { code: 'LEASE_LOST', message: 'The lease ran out before it was settled.' }
const consumerGone: Failure = { code: 'DISCONNECTED', message: 'The consumer went away while it had it.' }

/** The highest priority a message can have. */
const topPriority = 9

/** Makes a group without members and messages. */
export function createGroupQueue(host: PartHost, options: GroupQueueOptions): GroupQueue {
  const { clock, limits, nextToken } = host
  const { channel, tally, ledger, transient = false } = options
  const { retry, leaseMs, ttlMs, priority: prioritised } = channel.guarantees
  const { ordered = channel.guarantees.ordered } = options
  const ready = createReadyList(prioritised ? topPriority + 1 : 1, () =>
    ordered ? new EntryHeap() : new EntryList(),
  )
  const lanes = ordered ? createKeyLanes() : undefined
  const delays = createDelays(clock, admit)
  const leases = createTimeline<Entry>(clock, (entry) => entry.until, onLeasesEnded)
  const expiries =
    ttlMs === undefined ? undefined : createTimeline<Entry>(clock, (entry) => entry.expiresAt, onExpired)
  const handOver = createHandOver(ledger)
  const dispatcher = createDispatcher(host.defer, ready, deliver, handOver.flush)
  const burials = createBurials({
    clock,
    dead: options.dead,
    group: options.group,
    onBuried: (entry) => end(entry, 'dead'),
    revive: options.readmit ?? revive,
  })
  const members = createGroupMembers({
    ready,
    dispatcher,
    settle,
    extend,
    onLeft,
    onEmpty() {
      dropIfAbandoned()
      options.onEmpty?.()
    },
  })
  let held = 0
  let heldBytes = 0
  let lastSeq = 0
  let lastLife = 0
  let closed = false

  function take(message: Message, priority: number, { offset, delayMs = 0, ageMs, history }: Offer): void {
    const entry = createEntry(message, message.body.size, offset, priority)
    if (history !== undefined) Object.assign(entry, history)
    held++
    heldBytes += entry.size
    if (ageMs !== undefined) startLife(entry, ageMs)
    // A message that failed often enough before a restart, and found no room among the dead letters.
    if (entry.failed >= retry.attempts) burials.bury(entry, 'attempts')
    else admitAfter(entry, delayMs)
  }

  function admitAfter(entry: Entry, delayMs: number): void {
    if (!(delayMs > 0)) {
      admit(entry)
      return
    }
    entry.state = 'delayed'
    entry.seq = ++lastSeq
    entry.until = clock.monotonic() + delayMs
    // One that has failed holds up its key until it is due, also when a restart brings it back.
    if (entry.failed > 0 && lanes?.enter(entry) === false) return
    delays.add(entry)
  }

  /** Lets a message that is due into the line, at its end. */
  function admit(entry: Entry): void {
    if (!enter(entry)) end(entry, 'expired')
  }

  /** Gives false, and does nothing, when its time to live is over. */
  function enter(entry: Entry): boolean {
    // One that was parked behind another of its key keeps its place.
    if (entry.state !== 'parked') entry.seq = ++lastSeq
    if (isLate(entry)) return false
    if (lanes !== undefined && !lanes.enter(entry)) return true
    entry.state = 'ready'
    ready.push(entry)
    dispatcher.schedule()
    return true
  }

  /** Starts the time to live when the message is due for the first time. */
  function isLate(entry: Entry): boolean {
    if (ttlMs === undefined) return false
    if (entry.expiryKey === 0) startLife(entry, 0)
    return entry.expiresAt <= clock.monotonic()
  }

  /** Messages of a group begin their lives in the order in which they were due, as a timeline wants it. */
  function startLife(entry: Entry, ageMs: number): void {
    if (ttlMs === undefined || expiries === undefined) return
    entry.expiryKey = ++lastLife
    entry.expiresAt = clock.monotonic() + ttlMs - ageMs
    expiries.set(entry.expiryKey, entry)
  }

  function onExpired(entries: Entry[]): void {
    for (const entry of entries) {
      // Leased and delayed ones end when they come back.
      if (entry.state === 'ready') ready.remove(entry)
      else if (entry.state === 'parked') entry.list?.remove(entry)
      else continue
      end(entry, 'expired')
    }
  }

  function deliver(entry: Entry, member: Member): boolean {
    if (isLate(entry)) {
      end(entry, 'expired')
      return false
    }
    entry.state = 'leased'
    entry.token = nextToken()
    entry.owner = member
    entry.until = clock.monotonic() + leaseMs
    entry.acquired++
    member.open++
    leases.set(entry.token, entry)
    handOver.deliver(entry, member)
    return true
  }

  /** Ends the claim on an entry; what becomes of the message is the caller's. */
  function release(entry: Entry): void {
    leases.delete(entry.token)
    if (entry.owner !== undefined) entry.owner.open--
    entry.owner = undefined
  }

  function settle(member: Member, token: number, outcome: Outcome): boolean {
    const entry = leases.get(token)
    if (entry === undefined || entry.owner !== member) return member.settled.has(token, outcome.kind)
    release(entry)
    member.settled.add(token, outcome.kind)
    if (outcome.kind === 'done') end(entry, 'done')
    else if (outcome.kind === 'drop') end(entry, 'dropped')
    else {
      fail(entry, outcome.failure, outcome.kind === 'retry' ? outcome.afterMs : 0)
      if (outcome.kind === 'reject') burials.bury(entry, outcome.reason)
      else if (entry.failed >= retry.attempts) burials.bury(entry, 'attempts')
      else admitAfter(entry, outcome.afterMs)
      dropIfAbandoned()
    }
    return true
  }

  function extend(member: Member, token: number): boolean {
    const entry = leases.get(token)
    if (entry === undefined || entry.owner !== member) return false
    entry.until = clock.monotonic() + leaseMs
    leases.set(token, entry)
    return true
  }

  function fail(entry: Entry, failure: Failure | undefined, delayMs: number): void {
    entry.failed++
    entry.firstFailure ??= failure
    entry.lastFailure = failure ?? entry.lastFailure
    ledger?.failed(entry, delayMs)
  }

  function onLeasesEnded(entries: Entry[]): void {
    const lost = entries.map(({ owner, token }) => ({ owner, token }))
    for (const entry of entries) release(entry)
    putBack(entries, leaseEnded)
    for (const { owner, token } of lost) owner?.sink.lost(token)
  }

  /** Returns claims that were not settled to where they stood; with a failure they count as failed attempts. */
  function putBack(entries: readonly Entry[], failure: Failure | undefined): void {
    const back: Entry[] = []
    for (const entry of entries) {
      if (failure !== undefined) fail(entry, failure, 0)
      else if (entry.offset !== undefined) ledger?.returned(entry.offset)
      if (failure !== undefined && entry.failed >= retry.attempts) burials.bury(entry, 'attempts')
      else if (isLate(entry)) end(entry, 'expired')
      else back.push(entry)
    }
    for (const entry of back) entry.state = 'ready'
    ready.restore(back.sort((a, b) => a.seq - b.seq))
    dropIfAbandoned()
    dispatcher.schedule()
  }

  /** The message has left for good; the next one of its key that is still alive may go on. */
  function end(entry: Entry, ending: Ending): void {
    let next = remove(entry, ending)
    // In a loop, not by recursion: a whole lane may be late at once.
    while (next !== undefined && !enter(next)) next = remove(next, 'expired')
  }

  /** Takes a message off the books; gives the one that waits behind it. */
  function remove(entry: Entry, ending: Ending): Entry | undefined {
    entry.state = 'gone'
    held--
    heldBytes -= entry.size
    expiries?.delete(entry.expiryKey)
    // The dead letters count what they hold, and note it, themselves.
    if (ending !== 'dead') {
      tally[ending]++
      if (entry.offset !== undefined) ledger?.gone(entry.offset, ending)
    }
    options.onSettled?.(entry.message, entry.offset, ending)
    return lanes?.leave(entry)
  }

  function revive(message: Message, { offset, priority }: Grounds): boolean {
    if (closed || (transient && members.active === 0) || !hasRoom(message.body.size)) return false
    take(message, priority, { offset })
    return true
  }

  function hasRoom(size: number): boolean {
    return held < limits.queueMessages && (held === 0 || heldBytes + size <= limits.queueBytes)
  }

  /** Takes out everything but what is leased. */
  function withdraw(): Entry[] {
    return [...ready.drain(), ...(lanes?.drain() ?? []), ...delays.drain(), ...burials.drain()]
  }

  function dropIfAbandoned(): void {
    if (transient && members.active === 0) for (const entry of withdraw()) end(entry, 'dropped')
  }

  function onLeft(member: Member, failed: boolean): void {
    const claims: Entry[] = []
    if (member.open > 0) for (const entry of leases.values()) if (entry.owner === member) claims.push(entry)
    for (const entry of claims) release(entry)
    putBack(claims, failed ? consumerGone : undefined)
  }

  return {
    get held() {
      return held
    },
    get heldBytes() {
      return heldBytes
    },
    get ready() {
      return held - delays.size - burials.blocked - leases.size
    },
    get delayed() {
      return delays.size + burials.blocked
    },
    get leased() {
      return leases.size
    },
    get members() {
      return members.active
    },
    hasRoom,
    offer(message, offer = {}) {
      if (ledger === undefined) tally.received++
      const { priority = 0 } = offer
      take(message, prioritised ? Math.min(topPriority, Math.max(0, Math.trunc(priority))) : 0, offer)
    },
    join: (sink, pattern) => members.join(sink, pattern),
    purge() {
      const leased = [...leases.values()]
      const claims = leased.map(({ owner, token }) => ({ owner, token }))
      for (const entry of leased) release(entry)
      const all = [...withdraw(), ...leased]
      for (const entry of all) end(entry, 'purged')
      for (const { owner, token } of claims) owner?.sink.lost(token)
      return all.length
    },
    close(reason) {
      closed = true
      withdraw()
      held = heldBytes = 0
      leases.clear()
      expiries?.clear()
      members.end(reason)
    },
  }
}
