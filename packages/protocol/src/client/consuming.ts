/** One consumer of a session: takes deliveries under its concurrency, settles them, comes back after a break. */

import {
  type BusErrorCode,
  type Clock,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  isBusError,
  type Outcome,
} from 'busbar/transport'
import { consumeSpecOf, placeIn } from '../consume-form.js'
import { writeConsume, writeLeave, writeStop } from '../control-frames.js'
import {
  type DeliverFrame,
  type GapFrame,
  writeCredit,
  writeSettle,
  writeTokenFrames,
} from '../delivery-frames.js'
import type { FrameWriter } from '../frame-writer.js'
import { frameType } from '../frames.js'
import { IdTable } from '../id-table.js'
import { readJson } from '../json-text.js'
import type { ChannelEntry } from './channels.js'
import { Claim } from './claims.js'
import { deferred } from './deferred.js'
import { LeaseRenewal } from './lease-renewal.js'
import { Prefetch } from './prefetch.js'
import { Ring } from './ring.js'
import { away, comesBack, endedEarly, type Uplink, unconfirmed } from './uplink.js'

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
  private readonly renewal: LeaseRenewal
  /** Messages that the hub may still send. */
  private credit = 0
  private nextOffset: number | undefined
  private ending: { readonly code: BusErrorCode | undefined } | undefined
  private closing: Promise<void> | undefined
  private quiet: (() => void) | undefined
  /** What was settled on this connection that the hub has not said to be on disk. */
  private isUnconfirmed = false

  constructor(
    readonly id: number,
    private readonly host: ConsumingHost,
    readonly entry: ChannelEntry,
    private readonly request: ConsumeRequest,
    private readonly deliver: Deliver,
  ) {
    this.renewal = new LeaseRenewal(host.clock, entry.channel.guarantees.leaseMs, () => this.renew())
  }

  /** It is set up on this connection, or need not be any more. */
  get isSettled(): boolean {
    return this.generation === this.host.uplink.generation || this.closing !== undefined
  }

  private get window(): number {
    return Math.max(this.request.concurrency, isShared(this.request) ? 0 : this.prefetch.messages)
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
    this.isUnconfirmed = false
    try {
      if (this.entry.failure !== undefined) throw this.entry.failure
      const answer = await uplink.ask((out, request) => {
        writeConsume(out, { request, consumerId: this.id, channelId: this.entry.id, spec: this.spec() })
        if (this.credit > 0) writeCredit(out, this.id, this.credit)
      }, readJson)
      // A reader from the end that has seen nothing yet must find its place again after a break.
      this.nextOffset ??= placeIn(answer)
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
    this.renewal.cancel()
    const waiting = this.buffer.takeAll()
    // Plain events are nowhere else; anything that was claimed comes again.
    for (const claim of waiting) if (claim.token === 0) this.buffer.push(claim)
    for (const claim of claims) claim.lose()
  }

  /** Ends it because the session does. */
  end(code: BusErrorCode | undefined): void {
    this.ready.reject(endedEarly(code))
    // Whoever closes it from now on has heard why it ended.
    this.isUnconfirmed = false
    this.drop()
    this.buffer.takeAll()
    this.host.forget(this)
    this.over.resolve(code)
    this.quiet?.()
  }

  close(): Promise<void> {
    if (this.closing === undefined) {
      this.closing = this.stop()
      // Who closes without waiting does not want to hear of it.
      this.closing.catch(() => undefined)
    }
    return this.closing
  }

  /** Writes what was settled and what more may come since the last flush. */
  onFlush(out: FrameWriter): void {
    this.writeDone(out)
    const { room } = this
    if (room <= 0 || this.closing !== undefined) return
    writeCredit(out, this.id, room)
    this.credit += room
  }

  private writeDone(out: FrameWriter): void {
    writeTokenFrames(out, frameType.ack, this.id, this.doneTokens)
    this.doneTokens.length = 0
  }

  private start(claim: Claim): void {
    this.running += 1
    if (claim.offset !== undefined) this.nextOffset = claim.offset + 1
    if (claim.token !== 0) this.renewal.arm()
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
      this.isUnconfirmed = isShared(this.request) && this.entry.channel.guarantees.durable
      if (outcome.kind === 'done') this.doneTokens.push(claim.token)
      else if (uplink.out !== undefined) writeSettle(uplink.out, this.id, claim.token, outcome)
    }
    // Half a window at a time: a frame for each message would cost more than the message.
    if (claim.token !== 0 || this.room * 2 >= this.window) this.host.dirty(this)
  }

  private async stop(): Promise<void> {
    this.buffer.takeAll()
    if (this.ending === undefined) await this.askToStop().catch(() => undefined)
    if (this.running > 0) {
      await new Promise<void>((resolve) => {
        this.quiet = resolve
      })
    }
    try {
      // What was settled since the first STOP must be on disk too.
      if (this.isUnconfirmed) await this.askToStop()
    } catch (error) {
      throw unconfirmed(this.entry.channel.name, error)
    } finally {
      this.leave()
      this.end(undefined)
    }
  }

  /** The hub answers when the last delivery was sent and what was settled before is on disk. */
  private async askToStop(): Promise<void> {
    const { uplink } = this.host
    if (this.generation !== uplink.generation) throw away('in flight')
    const wasUnconfirmed = this.isUnconfirmed
    this.isUnconfirmed = false
    try {
      await uplink.ask((out, request) => {
        this.writeDone(out)
        writeStop(out, request, this.id)
      }, readJson)
    } catch (error) {
      this.isUnconfirmed ||= wasUnconfirmed
      throw error
    }
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

  /** Renews all claims together; false when there is nothing to renew, or nobody to tell. */
  private renew(): boolean {
    const { uplink } = this.host
    if (this.claims.size === 0 || uplink.out === undefined) return false
    const tokens = this.claims.all().map(({ token }) => token)
    writeTokenFrames(uplink.out, frameType.extend, this.id, tokens)
    uplink.flush()
    return true
  }

  private spec() {
    const spec = consumeSpecOf(this.request)
    const offset = spec.group === undefined ? this.nextOffset : undefined
    return offset === undefined ? spec : { ...spec, start: { offset } }
  }
}

/** Nobody else waits for what a reader without a group has not handled, nor for plain events. */
const isShared = ({ channel, group }: ConsumeRequest): boolean =>
  channel.kind === 'stream' ? group !== undefined : channel.guarantees.tracked
