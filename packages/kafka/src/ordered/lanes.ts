/** Records of one partition on their way through handlers: beside each other, but one at a time of each key. */

import type { Pump } from '@busbar/adapter'
import type { Clock, Message, Outcome, Timer } from 'busbar/transport'
import type { Fetched } from '../records.js'
import type { Watermark } from './watermark.js'

export interface LanesOptions {
  readonly clock: Clock
  /** Shared by all partitions of a consumer. */
  readonly pump: Pump
  readonly watermark: Watermark
  /** Records of one key one after the other. */
  readonly isKeyed: boolean
  /** Undefined for those that are not for this consumer. */
  read(record: Fetched): Message | undefined
  /** Before a delivery: true if it must not be made, because tries are used up; then buried meanwhile. */
  isSpent(attempt: number): boolean
  /** Carries out what is left to do before the record counts as settled. */
  settle(record: Fetched, message: Message, attempt: number, outcome: Outcome): Promise<void> | undefined
  spent(record: Fetched, message: Message, attempts: number): Promise<void>
  /** The watermark or the tries behind it have changed. */
  changed(): void
  failed(error: unknown): void
}

interface Entry {
  readonly record: Fetched
  readonly message: Message
  lose?: () => void
}

/** So much is read ahead of what is settled. */
const window = { records: 1_000, bytes: 16_777_216 }

export interface Lanes {
  /** Its promise is the back-pressure to the reader. */
  offer(record: Fetched): Promise<void> | undefined
  /** There is room in the pump. */
  run(): void
  /** Nothing new is started; what waits is forgotten. */
  stop(): void
  /** Resolves when nothing is open. */
  readonly isIdle: boolean
  /** Claims of what runs are lost. */
  lose(): void
}

export function createLanes(options: LanesOptions): Lanes {
  const { pump, watermark } = options
  const ready: Entry[] = []
  const behind = new Map<string, Entry[]>()
  const running = new Set<Entry>()
  const timers = new Set<Timer>()
  const waiters: (() => void)[] = []
  let open = 0
  let bytes = 0
  let isStopped = false

  const sizeOf = ({ value }: Fetched): number => value?.byteLength ?? 0
  const isFull = (): boolean => open >= window.records || bytes >= window.bytes
  const keyOf = ({ message }: Entry): string | undefined => (options.isKeyed ? message.key : undefined)

  /** In the order of offsets, whatever became ready first. */
  function makeReady(entry: Entry): void {
    let at = ready.length
    while (at > 0 && (ready[at - 1]?.record.offset ?? 0) > entry.record.offset) at -= 1
    ready.splice(at, 0, entry)
  }

  function close(entry: Entry): void {
    watermark.settle(entry.record.offset)
    open -= 1
    bytes -= sizeOf(entry.record)
    const key = keyOf(entry)
    if (key !== undefined) {
      const next = behind.get(key)?.shift()
      if (next === undefined) behind.delete(key)
      else makeReady(next)
    }
    options.changed()
    if (!isFull()) for (const go of waiters.splice(0)) go()
    run()
  }

  function start(entry: Entry): void {
    const { record, message } = entry
    const tries = watermark.triesOf(record.offset)
    if (options.isSpent(tries + 1)) {
      options.spent(record, message, tries).then(() => close(entry), options.failed)
      return
    }
    watermark.setTries(record.offset, tries + 1)
    running.add(entry)
    options.changed()
    entry.lose = pump.take({
      message,
      attempt: tries + 1,
      offset: record.offset,
      settle: (outcome) => settle(entry, tries + 1, outcome),
    })
  }

  function settle(entry: Entry, attempt: number, outcome: Outcome): Promise<void> | undefined {
    running.delete(entry)
    if (isStopped && outcome.kind === 'retry') return undefined
    if (outcome.kind === 'retry') {
      const timer = options.clock.after(outcome.afterMs, () => {
        timers.delete(timer)
        makeReady(entry)
        run()
      })
      timers.add(timer)
      return undefined
    }
    const work = options.settle(entry.record, entry.message, attempt, outcome)
    if (work !== undefined) return work.then(() => close(entry), options.failed)
    close(entry)
    return undefined
  }

  function run(): void {
    while (!isStopped && pump.room > 0) {
      const entry = ready.shift()
      if (entry === undefined) break
      start(entry)
    }
  }

  return {
    get isIdle() {
      return open === 0
    },
    offer(record) {
      if (isStopped) return undefined
      const message = options.read(record)
      watermark.open(record.offset)
      if (message === undefined) {
        watermark.settle(record.offset)
        options.changed()
        return undefined
      }
      const entry: Entry = { record, message }
      open += 1
      bytes += sizeOf(record)
      const key = keyOf(entry)
      const queue = key === undefined ? undefined : behind.get(key)
      if (queue !== undefined) queue.push(entry)
      else {
        if (key !== undefined) behind.set(key, [])
        makeReady(entry)
      }
      run()
      return isFull() ? new Promise((resolve) => waiters.push(resolve)) : undefined
    },
    run,
    stop() {
      isStopped = true
      for (const timer of timers) timer.cancel()
      timers.clear()
      for (const go of waiters.splice(0)) go()
    },
    lose() {
      for (const entry of running) entry.lose?.()
      running.clear()
    },
  }
}
