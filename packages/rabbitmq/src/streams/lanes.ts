/** Records of a stream on their way through handlers: beside each other, but one at a time of each key. */

import type { Pump } from '@busbar/adapter'
import type { Clock, Message, Outcome, Timer } from 'busbar/transport'

export interface LanesOptions {
  readonly clock: Clock
  readonly pump: Pump
  /** Records of one key one after the other. */
  readonly isKeyed: boolean
  /** Carries out what rejects a record; it counts as settled when this resolves. */
  reject(record: Entry, outcome: Extract<Outcome, { kind: 'reject' }>): Promise<void>
  /** A record is settled. */
  onSettled(): void
  onError(error: unknown): void
}

export interface Entry {
  readonly message: Message
  readonly offset: number
  attempt: number
  firstFailure?: Extract<Outcome, { kind: 'retry' }>['failure']
}

export interface Lanes {
  /** All before it is settled. */
  readonly watermark: number
  readonly isIdle: boolean
  readonly isFull: boolean
  offer(message: Message, offset: number): void
  /** Counts as settled, since it is for nobody here. */
  pass(offset: number): void
  /** There is room in the pump. */
  run(): void
  /** Nothing new is started; what waits is forgotten. */
  stop(): void
}

/** So much is read ahead of what is settled. */
const window = { records: 256, bytes: 16_777_216 }

export function createLanes(from: number, options: LanesOptions): Lanes {
  const { pump, clock } = options
  /** In the order of their offsets. */
  const open = new Set<number>()
  const ready: Entry[] = []
  const behind = new Map<string, Entry[]>()
  const timers = new Set<Timer>()
  let next = from
  let bytes = 0
  let isStopped = false

  const laneOf = ({ message }: Entry): string | undefined => (options.isKeyed ? message.key : undefined)

  /** What comes again goes before what is younger. */
  function makeReady(entry: Entry): void {
    let at = ready.length
    while (at > 0 && (ready[at - 1]?.offset ?? 0) > entry.offset) at -= 1
    ready.splice(at, 0, entry)
  }

  function close(entry: Entry): void {
    open.delete(entry.offset)
    bytes -= entry.message.body.size
    const lane = laneOf(entry)
    if (lane !== undefined) {
      const successor = behind.get(lane)?.shift()
      if (successor === undefined) behind.delete(lane)
      else makeReady(successor)
    }
    options.onSettled()
    run()
  }

  function settle(entry: Entry, outcome: Outcome): Promise<void> | undefined {
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
    if (outcome.kind === 'reject')
      return options.reject(entry, outcome).then(() => close(entry), options.onError)
    close(entry)
    return undefined
  }

  function run(): void {
    while (!isStopped && pump.room > 0) {
      const entry = ready.shift()
      if (entry === undefined) break
      const { message, attempt, offset } = entry
      pump.take({ message, attempt, offset, settle: (outcome) => settle(entry, outcome) })
    }
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
      return open.size >= window.records || bytes >= window.bytes
    },
    offer(message, offset) {
      const entry: Entry = { message, offset, attempt: 1 }
      next = offset + 1
      open.add(offset)
      bytes += message.body.size
      const lane = laneOf(entry)
      const queue = lane === undefined ? undefined : behind.get(lane)
      if (queue !== undefined) {
        queue.push(entry)
        return
      }
      if (lane !== undefined) behind.set(lane, [])
      ready.push(entry)
      run()
    },
    pass(offset) {
      next = offset + 1
      options.onSettled()
    },
    run,
    stop() {
      isStopped = true
      for (const timer of timers) timer.cancel()
      timers.clear()
    },
  }
}
