/** Records of a log on their way through handlers: beside each other, but one at a time of each key. */

import type { Clock, Failure, Message, Outcome, Timer } from 'busbar/transport'
import { createKeyLanes } from './key-lanes.js'
import type { Pump } from './pump.js'

/** A record with its message; adapters add what they need to settle it. */
export interface LogRecord {
  readonly message: Message
  readonly offset: number
}

/** A record with what became of it so far. */
export interface TriedRecord<R extends LogRecord> {
  readonly record: R
  /** The try that it is in, from 1. */
  readonly attempt: number
  /** Of the first try in this process that failed. */
  readonly firstFailure: Failure | undefined
}

interface RecordLanesOptions<R extends LogRecord> {
  readonly clock: Clock
  /** Others may share it; whoever made it calls `run` in its `onRoom`. */
  readonly pump: Pump
  /** Records of one key one after the other. */
  readonly isKeyed: boolean
  /** Where the log is read from. */
  readonly from: number
  /** So many are read ahead of what is settled. */
  readonly windowRecords: number
  /** Called before each try. A promise stands in for the try: when it resolves, the record is settled. */
  before?(tried: TriedRecord<R>): Promise<void> | undefined
  /** Carries out what ends a record; it counts as settled when this has resolved. */
  settle(tried: TriedRecord<R>, outcome: Exclude<Outcome, { kind: 'retry' }>): Promise<void> | undefined
  /** A record is settled, or was passed. */
  onSettled(offset: number): void
  /** `before` or `settle` rejected; their record stays unsettled. */
  onError(error: unknown): void
}

/** Records that wait for a place, for their key or for their next try, until each is settled. */
export interface RecordLanes<R extends LogRecord> {
  /** All before this offset is settled. */
  readonly watermark: number
  readonly isIdle: boolean
  /** No more should be offered before something is settled. */
  readonly isFull: boolean
  /** Undefined while it is not full, else resolves when that is over. */
  roomy(): Promise<void> | undefined
  /** In the order of the log. `attempt` is above 1 where earlier tries were noted somewhere. Does nothing once stopped. */
  offer(record: R, attempt?: number): void
  /** It counts as settled, since it is for nobody here. Does nothing once stopped. */
  pass(offset: number): void
  /** There is room in the pump. */
  run(): void
  /** Nothing new is started; what waits is forgotten. */
  stop(): void
  /** Stops, and tells what runs that its claim is lost. */
  abandon(): void
}

/** And so many bytes of payload. */
const windowBytes = 16_777_216

/** One of them. */
interface Entry<R extends LogRecord> {
  readonly record: R
  attempt: number
  firstFailure: Failure | undefined
  lose?: () => void
}

/** Gives lanes for one log, or one partition of it: a retry keeps its place, and those of its key wait for it. */
export function createRecordLanes<R extends LogRecord>(options: RecordLanesOptions<R>): RecordLanes<R> {
  const { pump, clock } = options
  /** In the order of their offsets. */
  const open = new Set<number>()
  const ready: Entry<R>[] = []
  const running = new Set<Entry<R>>()
  const timers = new Set<Timer>()
  const keys = createKeyLanes()
  let waiters: (() => void)[] = []
  let next = options.from
  let bytes = 0
  let isStopped = false

  const keyOf = (entry: Entry<R>): string | undefined =>
    options.isKeyed ? entry.record.message.key : undefined
  const isFull = (): boolean => open.size >= options.windowRecords || bytes >= windowBytes

  /** What comes again goes before what is younger. */
  function makeReady(entry: Entry<R>): void {
    let at = ready.length
    while (at > 0 && (ready[at - 1]?.record.offset ?? 0) > entry.record.offset) at -= 1
    ready.splice(at, 0, entry)
  }
  function wake(): void {
    const all = waiters
    waiters = []
    for (const go of all) go()
  }
  function close(entry: Entry<R>): void {
    const { offset, message } = entry.record
    open.delete(offset)
    bytes -= message.body.size
    const key = keyOf(entry)
    if (key !== undefined) keys.leave(key)
    options.onSettled(offset)
    if (!isFull()) wake()
    run()
  }
  function closeAfter(work: Promise<void>, entry: Entry<R>): Promise<void> {
    return work.then(() => close(entry), options.onError)
  }
  function settle(entry: Entry<R>, outcome: Outcome): Promise<void> | undefined {
    running.delete(entry)
    if (outcome.kind === 'retry') {
      if (isStopped) return undefined
      entry.attempt += 1
      entry.firstFailure ??= outcome.failure
      const timer = clock.after(outcome.afterMs, () => {
        timers.delete(timer)
        makeReady(entry)
        run()
      })
      timers.add(timer)
      return undefined
    }
    const work = options.settle(entry, outcome)
    if (work !== undefined) return closeAfter(work, entry)
    close(entry)
    return undefined
  }
  function start(entry: Entry<R>): void {
    const instead = options.before?.(entry)
    if (instead !== undefined) {
      void closeAfter(instead, entry)
      return
    }
    running.add(entry)
    const { record, attempt } = entry
    const { message, offset } = record
    entry.lose = pump.take({ message, attempt, offset, settle: (outcome) => settle(entry, outcome) })
  }
  function run(): void {
    while (!isStopped && pump.room > 0) {
      const entry = ready.shift()
      if (entry === undefined) break
      start(entry)
    }
  }
  function stop(): void {
    isStopped = true
    for (const timer of timers) timer.cancel()
    timers.clear()
    wake()
  }

  return {
    get watermark() {
      for (const oldest of open) return oldest
      return next
    },
    get isIdle() {
      return open.size === 0
    },
    get isFull() {
      return isFull()
    },
    roomy: () => (isStopped || !isFull() ? undefined : new Promise<void>((resolve) => waiters.push(resolve))),
    offer(record, attempt = 1) {
      if (isStopped) return
      const entry: Entry<R> = { record, attempt, firstFailure: undefined }
      next = record.offset + 1
      open.add(record.offset)
      bytes += record.message.body.size
      const key = keyOf(entry)
      if (key === undefined) makeReady(entry)
      else keys.enter(key, () => makeReady(entry))
      run()
    },
    pass(offset) {
      if (isStopped) return
      next = offset + 1
      options.onSettled(offset)
    },
    run,
    stop,
    abandon() {
      stop()
      for (const entry of running) entry.lose?.()
      running.clear()
    },
  }
}
