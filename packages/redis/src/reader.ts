/** A reader of a stream that is in no group: records by offset, tried again in this process, gaps told. */

import { writeLetter } from '@busbar/adapter'
import {
  type BusErrorCode,
  type Channel,
  type ConsumeRequest,
  type Consumer,
  createEngine,
  type Deliver,
  type Delivery,
  done,
  isBusError,
  type MaybePromise,
  type Message,
  matcher,
  memoryOn,
  type Outcome,
  type Transport,
} from 'busbar/transport'
import { fieldsOf, headerText, messageOf } from './fields.js'
import type { Link, Tenant } from './link.js'
import { startText } from './places.js'
import { listIn, numberIn, type Reply, textIn } from './replies.js'
import { join, read } from './scripts/joining.js'
import { bury } from './scripts/managing.js'
import { createWakes, type Wakes } from './wakes.js'

/** Records that are read ahead, at most, and their payloads before the next are asked for. */
const windowRecords = 512
const windowBytes = 4 * 1_048_576
const never = new AbortController().signal
const pauseMs = 1_000

export class Reader implements Tenant {
  readonly consumer: Consumer
  private readonly channel: Channel
  private readonly offsets = new WeakMap<Message, number>()
  private wakes: Wakes | undefined
  private cursor = 0
  private until: number | undefined
  private open = 0
  private openBytes = 0
  private readonly isMatch: (address: string) => boolean
  /** From the start: who is woken before its place is known would begin twice. */
  private isReading = true
  private again = false
  private isOver = false
  private tellEnd: (why: BusErrorCode | undefined) => void = () => {}

  private constructor(
    private readonly link: Link,
    private readonly request: ConsumeRequest,
    /** Holds what was read until it is handled: order, retries and concurrency are its business. */
    private readonly local: Transport,
    private readonly deliver: Deliver,
  ) {
    this.channel = localOf(request)
    this.isMatch = matcher(request.pattern)
    const ended = new Promise<BusErrorCode | undefined>((resolve) => {
      this.tellEnd = resolve
    })
    let closing: Promise<void> | undefined
    this.consumer = {
      ended,
      close: () => {
        closing ??= this.close()
        return closing
      },
    }
  }

  static async open(link: Link, request: ConsumeRequest, deliver: Deliver): Promise<Reader> {
    const soon = Promise.resolve()
    const { clock, random } = link.host
    const local = await memoryOn(createEngine({ clock, random, defer: (fn) => void soon.then(fn) }))(
      link.host,
    )
    const reader = new Reader(link, request, local, deliver)
    try {
      await reader.begin()
    } catch (error) {
      await Promise.all([reader.wakes?.stop(), reader.close()])
      throw error
    }
    return reader
  }

  private async begin(): Promise<void> {
    const { link, request } = this
    this.wakes = await createWakes(link, request.channel, () => this.kick())
    const answer = listIn(await link.run(join, request.channel, ['', '', '', '', startText(request.start)]))
    if (request.until === 'now') this.until = numberIn(answer[0])
    this.cursor = numberIn(answer[1])
    await this.local.consume({ ...request, channel: this.channel }, (delivery) => this.hand(delivery), never)
    link.tenants.add(this)
    this.isReading = false
    this.kick()
  }

  async onBack(): Promise<void> {
    this.kick()
  }

  abandon(why: BusErrorCode): void {
    this.end(why)
    void this.local.close(AbortSignal.abort())
  }

  private async close(): Promise<void> {
    this.end(undefined)
    await this.local.close(never)
  }

  private end(why: BusErrorCode | undefined): void {
    if (this.isOver) return
    this.isOver = true
    this.link.tenants.delete(this)
    this.tellEnd(why)
    void this.wakes?.stop()
  }

  private get hasRoom(): boolean {
    return this.open * 2 < windowRecords && this.openBytes < windowBytes
  }

  private kick(): void {
    this.again = true
    if (this.isReading || this.isOver) return
    this.isReading = true
    void this.reads()
  }

  private async reads(): Promise<void> {
    try {
      while (this.again && !this.isOver && this.hasRoom) {
        this.again = false
        await this.readOn()
      }
    } catch (error) {
      const code = isBusError(error) ? error.code : 'INTERNAL'
      if (code === 'STORE_FULL' || code === 'STORE_FAILED') this.wakes?.set(pauseMs)
      else this.end(code)
    }
    this.isReading = false
    this.endIfRead()
  }

  private async readOn(): Promise<void> {
    const until = this.until === undefined ? '' : String(this.until)
    const most = windowRecords - this.open
    const answer = await this.link.run(read, this.request.channel, [String(this.cursor), until, String(most)])
    const [records, limit, first] = listIn(answer)
    const end = numberIn(limit)
    for (const record of listIn(records)) await this.take(record)
    const missedTo = Math.min(numberIn(first), end)
    // What is gone behind the last record that was there.
    if (listIn(records).length === 0 && this.cursor < missedTo) this.skipTo(missedTo)
    if (this.cursor < end) this.again = true
    else this.wakes?.set(this.link.settings.lookMs)
  }

  private async take(record: Reply): Promise<void> {
    const [name, flat] = listIn(record)
    const id = textIn(name)
    const offset = Number.parseInt(id, 10) - 1
    if (this.isOver) return
    if (offset > this.cursor) this.skipTo(offset)
    this.cursor = offset + 1
    const message = messageOf(this.request.channel, id, fieldsOf(flat))
    if (!this.isMatch(message.address)) return
    this.offsets.set(message, offset)
    this.count(message, 1)
    await this.local.publish({ channel: this.channel, message }, never)
  }

  private skipTo(offset: number): void {
    const { cursor } = this
    this.cursor = offset
    this.request.onGap({ count: offset - cursor, from: cursor, to: offset - 1 })
  }

  private hand(delivery: Delivery): MaybePromise<Outcome> {
    const offset = this.offsets.get(delivery.message)
    const outcome = this.deliver(
      offset === undefined
        ? delivery
        : {
            message: delivery.message,
            attempt: delivery.attempt,
            offset,
            onLost: (fn) => delivery.onLost(fn),
          },
    )
    return 'kind' in outcome
      ? this.after(delivery, outcome)
      : outcome.then((late) => this.after(delivery, late))
  }

  /** What is given up becomes a letter before the record counts as read. */
  private after(delivery: Delivery, outcome: Outcome): MaybePromise<Outcome> {
    const { attempts } = this.request.channel.guarantees.retry
    if (outcome.kind === 'retry' && delivery.attempt < attempts) return outcome
    if (outcome.kind === 'done' || outcome.kind === 'drop') {
      this.leave(delivery.message)
      return outcome
    }
    return this.bury(delivery, outcome).then(
      () => {
        this.leave(delivery.message)
        return done
      },
      (error: unknown): Outcome => ({ kind: 'retry', afterMs: pauseMs, failure: { message: String(error) } }),
    )
  }

  private async bury(
    { message, attempt }: Delivery,
    outcome: Outcome & { kind: 'retry' | 'reject' },
  ): Promise<void> {
    const { channel } = this.request
    const letter = writeLetter({
      reason: outcome.kind === 'reject' ? outcome.reason : 'attempts',
      group: undefined,
      attempts: attempt,
      acquired: attempt,
      firstFailure: outcome.failure,
      lastFailure: outcome.failure,
      diedAt: this.link.host.clock.now(),
    })
    await this.link.run(bury, channel, [
      ...['headers', headerText(channel, message), 'data', message.body.bytes()],
      ...Object.entries(letter).flat(),
    ])
  }

  private count(message: Message, by: 1 | -1): void {
    this.open += by
    this.openBytes += by * message.body.size
  }

  private leave(message: Message): void {
    this.count(message, -1)
    if (this.hasRoom && !this.isReading && this.again) this.kick()
    queueMicrotask(() => this.endIfRead())
  }

  private endIfRead(): void {
    if (this.until !== undefined && this.open === 0 && this.cursor >= this.until) this.end(undefined)
  }
}

/** In this process the records are the messages of a queue that keeps nothing. */
function localOf({ channel, inOrder }: ConsumeRequest): Channel {
  const { guarantees } = channel
  return {
    ...channel,
    kind: 'queue',
    guarantees: {
      ...guarantees,
      ordered: guarantees.ordered && inOrder !== true,
      retry: { ...guarantees.retry, attempts: Number.MAX_SAFE_INTEGER },
      durable: false,
      dedupeMs: undefined,
      ttlMs: undefined,
      keepMs: undefined,
      keepCount: undefined,
      keepBytes: undefined,
    },
  }
}
