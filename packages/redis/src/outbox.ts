/** Publishes of a link: joined to batches per channel, kept until receipted, sent again after a cut. */

import {
  BusError,
  type Channel,
  createSignalWatch,
  type PublishRequest,
  type Receipt,
} from 'busbar/transport'
import { cancelled } from './failures.js'

/** One channel's way to the server. */
export interface Route {
  /** Gives a receipt for each request, in their order. `number` counts the batches of the channel. */
  send(requests: readonly PublishRequest[], number: number): Promise<readonly Receipt[]>
}

interface Entry {
  readonly request: PublishRequest
  /** As it was taken in: the size of a body is an upper bound until its bytes are made. */
  readonly bytes: number
  readonly signal: AbortSignal
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (error: unknown) => void
  isSent: boolean
  isSettled: boolean
}

interface Lane {
  readonly route: Route
  readonly waiting: Entry[]
  inFlight: number
  batches: number
  isScheduled: boolean
}

interface OutboxLimits {
  readonly maxQueuedMessages: number
  readonly maxQueuedBytes: number
}

/** The server remembers so many batches of a writer. */
export const batchesInFlight = 3
const batchMessages = 256
const batchBytes = 1_048_576

export class Outbox {
  private readonly lanes = new Map<string, Lane>()
  private readonly entries = new Set<Entry>()
  private bytes = 0
  private idle: (() => void)[] = []
  private readonly watch = createSignalWatch((signal) => this.abort(signal))

  constructor(
    private readonly limits: OutboxLimits,
    private readonly routeOf: (channel: Channel) => Route,
  ) {}

  publish(request: PublishRequest, signal: AbortSignal): Promise<Receipt> {
    if (signal.aborted) return Promise.reject(cancelled('A publish', 'rejected', signal))
    const { maxQueuedMessages, maxQueuedBytes } = this.limits
    const { size } = request.message.body
    if (this.entries.size >= maxQueuedMessages || (this.bytes > 0 && this.bytes + size > maxQueuedBytes)) {
      const text = `${this.entries.size} messages with ${this.bytes} bytes wait for Redis; at most ${maxQueuedMessages} with ${maxQueuedBytes} bytes may.`
      return Promise.reject(new BusError('QUEUE_FULL', text, { outcome: 'rejected' }))
    }
    return new Promise((resolve, reject) => {
      const entry: Entry = { request, bytes: size, signal, resolve, reject, isSent: false, isSettled: false }
      this.entries.add(entry)
      this.bytes += size
      this.watch(signal)
      const lane = this.laneOf(request.channel)
      lane.waiting.push(entry)
      this.schedule(lane)
    })
  }

  /** Resolves when nothing waits for a receipt. */
  drained(): Promise<void> {
    if (this.entries.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.idle.push(resolve))
  }

  /** Gives up: what was never sent is rejected, the rest may have arrived. */
  failAll(reason: BusError): void {
    for (const lane of this.lanes.values()) lane.waiting.length = 0
    for (const entry of [...this.entries]) {
      const outcome = entry.isSent ? 'unknown' : 'rejected'
      this.fail(entry, new BusError(reason.code, 'The link to Redis has ended.', { outcome, cause: reason }))
    }
  }

  private laneOf(channel: Channel): Lane {
    const known = this.lanes.get(channel.name)
    if (known !== undefined) return known
    const route = this.routeOf(channel)
    const lane: Lane = { route, waiting: [], inFlight: 0, batches: 0, isScheduled: false }
    this.lanes.set(channel.name, lane)
    return lane
  }

  /** Everything that is published in this turn goes together. */
  private schedule(lane: Lane): void {
    if (lane.isScheduled || lane.inFlight >= batchesInFlight || lane.waiting.length === 0) return
    lane.isScheduled = true
    queueMicrotask(() => {
      lane.isScheduled = false
      while (lane.waiting.length > 0 && lane.inFlight < batchesInFlight) void this.flush(lane)
    })
  }

  private async flush(lane: Lane): Promise<void> {
    const batch = takeBatch(lane.waiting)
    if (batch.length === 0) return
    for (const entry of batch) entry.isSent = true
    lane.inFlight += 1
    lane.batches += 1
    try {
      const receipts = await lane.route.send(
        batch.map(({ request }) => request),
        lane.batches,
      )
      for (const [at, entry] of batch.entries()) {
        const receipt = receipts[at]
        if (receipt !== undefined) this.settle(entry, () => entry.resolve(receipt))
      }
    } catch (error) {
      for (const entry of batch) this.fail(entry, error)
    }
    lane.inFlight -= 1
    this.schedule(lane)
  }

  private abort(signal: AbortSignal): void {
    for (const entry of [...this.entries]) {
      if (entry.signal !== signal) continue
      this.fail(entry, cancelled('A publish', entry.isSent ? 'unknown' : 'rejected', signal))
    }
  }

  private fail(entry: Entry, error: unknown): void {
    this.settle(entry, () => entry.reject(error))
  }

  private settle(entry: Entry, tell: () => void): void {
    if (entry.isSettled) return
    entry.isSettled = true
    this.entries.delete(entry)
    this.bytes -= entry.bytes
    tell()
    if (this.entries.size === 0) for (const go of this.idle.splice(0)) go()
  }
}

function takeBatch(waiting: Entry[]): Entry[] {
  let count = 0
  let bytes = 0
  while (count < waiting.length && count < batchMessages && (count === 0 || bytes < batchBytes)) {
    bytes += waiting[count]?.bytes ?? 0
    count += 1
  }
  return waiting.splice(0, count).filter((entry) => !entry.isSettled)
}
