/** One consumer of a session: takes deliveries under its concurrency, settles them, comes back after a break. */

import {
  type BusErrorCode,
  type Clock,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  isBusError,
  type Outcome,
  type Timer,
} from 'busbar/transport'
import { consumeSpecOf } from '../consume-form.js'
import { writeConsume, writeLeave, writeStop } from '../control-frames.js'
import {
  type DeliverFrame,
  type GapFrame,
  writeCredit,
  writeSettle,
  writeTokens,
} from '../delivery-frames.js'
import type { FrameWriter } from '../frame-writer.js'
import { frameType } from '../frames.js'
import { IdTable } from '../id-table.js'
import { readJson } from '../json-text.js'
import type { ChannelEntry } from './channels.js'
import { Claim } from './claims.js'
import { deferred } from './deferred.js'
import { Prefetch } from './prefetch.js'
import { Ring } from './ring.js'
import { comesBack, endedEarly, type Uplink } from './uplink.js'

/** Frames stay small however many messages were handled since the last flush. */
const tokensPerFrame = 512

/** What a consumer needs of its session. */
export interface ConsumingHost {
  readonly uplink: Uplink
  readonly clock: Clock
  /** There is something to say at the next flush. */
  dirty(consumer: Consuming): void
  /** It is over. */
  forget(consumer: Consuming): void
}

export class Consuming implements Consumer {
  /** The connection on which it was set up last. */
  generation = -1
  readonly ready = deferred<void>()
  private readonly over = deferred<BusErrorCode | undefined>()
  readonly ended = this.over.promise
  /** Claims in the hub's books, by token. */
  private readonly claims = new IdTable<Claim>()
  private readonly buffer = new Ring<Claim>()
  private running = 0
  private doneTokens: number[] = []
  private readonly prefetch = new Prefetch()
  /** Messages that the hub may still send. */
  private credit = 0
  private nextOffset: number | undefined
  private ending: { readonly code: BusErrorCode | undefined } | undefined
  private closing: Promise<void> | undefined
  private quiet: (() => void) | undefined
  private leaseTimer: Timer | undefined

  constructor(
    readonly id: number,
    private readonly host: ConsumingHost,
    readonly entry: ChannelEntry,
    private readonly request: ConsumeRequest,
    private readonly deliver: Deliver,
  ) {}

  /** It is set up on this connection, or need not be any more. */
  get isSettled(): boolean {
    return this.generation === this.host.uplink.generation || this.closing !== undefined
  }

  /** Nobody else waits for what a reader without a group has not handled, nor for plain events. */
  private get window(): number {
    const { channel, group, concurrency } = this.request
    const isShared = channel.kind === 'stream' ? group !== undefined : channel.guarantees.tracked
    return isShared ? concurrency : Math.max(concurrency, this.prefetch.messages)
  }

  /** Messages that would fit in addition to those that are here or may come. */
  private get room(): number {
    return this.window - this.credit - this.buffer.length - this.running
  }

  /** Never rejects: a failure ends the consumer. */
  async setUp(): Promise<void> {
    const { uplink } = this.host
    this.generation = uplink.generation
    this.credit = 0
    this.credit = Math.max(0, this.room)
    try {
      if (this.entry.failure !== undefined) throw this.entry.failure
      const answer = await uplink.ask((out, request) => {
        writeConsume(out, { request, consumerId: this.id, channelId: this.entry.id, spec: this.spec() })
        if (this.credit > 0) writeCredit(out, this.id, this.credit)
      }, readJson)
      // A reader from the end that has seen nothing yet must find its place again after a break.
      if (this.nextOffset === undefined && isPlace(answer)) this.nextOffset = answer.next
      this.ready.resolve()
    } catch (error) {
      if (!isBusError(error)) throw error
      if (comesBack(error.code)) return
      this.ready.reject(error)
      this.end(error.code)
    }
  }

  onDeliver(frame: DeliverFrame): void {
    if (this.closing !== undefined) return
    this.credit -= 1
    this.prefetch.saw(frame.message.size)
    const claim = new Claim(frame, this.generation)
    if (claim.token !== 0) this.claims.set(claim.token, claim)
    if (this.running < this.request.concurrency && this.buffer.length === 0) this.start(claim)
    else this.buffer.push(claim)
  }

  onLost(token: number): void {
    const claim = this.claims.get(token)
    this.claims.delete(token)
    claim?.lose()
  }

  onGap(gap: GapFrame): void {
    if (this.closing === undefined) this.request.onGap(gap)
  }

  /** The hub ended it; what it delivered before is handled first. */
  onEnded(code: BusErrorCode | undefined): void {
    this.ending = { code }
    // What the hub ends it had set up, though the answer that says so may come behind: a reader of an empty stream.
    this.ready.resolve()
    this.checkQuiet()
  }

  /** The connection is gone, and with it every claim. */
  drop(): void {
    const claims = this.claims.all()
    this.claims.clear()
    this.doneTokens = []
    this.leaseTimer?.cancel()
    this.leaseTimer = undefined
    const waiting = this.buffer.takeAll()
    // Plain events are nowhere else; anything that was claimed comes again.
    for (const claim of waiting) if (claim.token === 0) this.buffer.push(claim)
    for (const claim of claims) claim.lose()
  }

  /** Ends it because the session does. */
  end(code: BusErrorCode | undefined): void {
    this.ready.reject(endedEarly(code))
    this.drop()
    this.buffer.takeAll()
    this.host.forget(this)
    this.over.resolve(code)
    this.quiet?.()
  }

  close(): Promise<void> {
    this.closing ??= this.stop()
    return this.closing
  }

  /** Writes what was settled and what more may come since the last flush. */
  onFlush(out: FrameWriter): void {
    const { doneTokens } = this
    for (let from = 0; from < doneTokens.length; from += tokensPerFrame) {
      writeTokens(out, frameType.ack, this.id, doneTokens.slice(from, from + tokensPerFrame))
    }
    doneTokens.length = 0
    const { room } = this
    if (room <= 0 || this.closing !== undefined) return
    writeCredit(out, this.id, room)
    this.credit += room
  }

  private start(claim: Claim): void {
    this.running += 1
    if (claim.offset !== undefined) this.nextOffset = claim.offset + 1
    if (claim.token !== 0) this.armLease()
    const result = this.deliver(claim)
    if (result instanceof Promise) void result.then((outcome) => this.handled(claim, outcome))
    else this.settle(claim, result)
  }

  private handled(claim: Claim, outcome: Outcome): void {
    this.settle(claim, outcome)
    while (this.running < this.request.concurrency) {
      const next = this.buffer.shift()
      if (next === undefined) break
      this.start(next)
    }
    this.checkQuiet()
  }

  private settle(claim: Claim, outcome: Outcome): void {
    this.running -= 1
    const { uplink } = this.host
    if (this.generation !== uplink.generation) return
    // A claim that was lost meanwhile, or came on an earlier connection, is no longer ours to settle.
    if (claim.generation === uplink.generation && this.claims.delete(claim.token)) {
      if (outcome.kind === 'done') this.doneTokens.push(claim.token)
      else if (uplink.out !== undefined) writeSettle(uplink.out, this.id, claim.token, outcome)
    }
    // Half a window at a time: a frame for each message would cost more than the message.
    if (claim.token !== 0 || this.room * 2 >= this.window) this.host.dirty(this)
  }

  private async stop(): Promise<void> {
    const { uplink } = this.host
    this.buffer.takeAll()
    if (
      uplink.connection !== undefined &&
      this.generation === uplink.generation &&
      this.ending === undefined
    ) {
      await uplink.ask((out, request) => writeStop(out, request, this.id), readJson).catch(() => undefined)
    }
    if (this.running > 0) {
      await new Promise<void>((resolve) => {
        this.quiet = resolve
      })
    }
    this.leave()
    this.end(undefined)
  }

  /** Says what was settled last, and gives back what was never started. */
  private leave(): void {
    const { uplink } = this.host
    if (uplink.out === undefined || this.generation !== uplink.generation) return
    this.onFlush(uplink.out)
    writeLeave(uplink.out, this.id)
    uplink.flush()
  }

  private checkQuiet(): void {
    if (this.running > 0) return
    this.quiet?.()
    if (this.ending === undefined || this.buffer.length > 0 || this.closing !== undefined) return
    this.leave()
    this.end(this.ending.code)
  }

  /** Renewing all claims of a consumer together costs one timer instead of one per message. */
  private armLease(): void {
    if (this.leaseTimer !== undefined) return
    const everyMs = Math.max(1, this.entry.channel.guarantees.leaseMs / 3)
    this.leaseTimer = this.host.clock.after(everyMs, () => {
      this.leaseTimer = undefined
      const { uplink } = this.host
      if (this.claims.size === 0 || uplink.out === undefined) return
      const tokens = this.claims.all().map(({ token }) => token)
      for (let from = 0; from < tokens.length; from += tokensPerFrame) {
        writeTokens(uplink.out, frameType.extend, this.id, tokens.slice(from, from + tokensPerFrame))
      }
      uplink.flush()
      this.armLease()
    })
  }

  private spec() {
    const spec = consumeSpecOf(this.request)
    const { nextOffset } = this
    return nextOffset === undefined || spec.group !== undefined
      ? spec
      : { ...spec, start: { offset: nextOffset } }
  }
}

function isPlace(answer: unknown): answer is { readonly next: number } {
  return typeof answer === 'object' && answer !== null && 'next' in answer && typeof answer.next === 'number'
}
