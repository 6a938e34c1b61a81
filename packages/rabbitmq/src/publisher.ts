/** Publishes with confirms: many in flight, sent again after a break, bounded while the broker is away. */

import { BusError, createSignalWatch, isBusError, type SendOutcome } from 'busbar/transport'
import type { Channel, ReturnedMessage } from 'rabbitmq-client'
import { awayError, cancelled, closedError, codeOf, toBusError } from './errors.js'
import type { Settings } from './options.js'
import { type Outlet, openOutlet } from './outlet.js'
import type { Sending } from './publish-frames.js'
import type { Kept, Wire } from './wire.js'

/** Tells copies of one publish from each other publish, also of the same message. */
export const copyHeader = 'busbar-copy'

export interface Posting {
  readonly envelope: Sending
  readonly body: Uint8Array
  /** After a break it is sent again if nobody can say whether it arrived; otherwise it fails. */
  readonly mayRepeat: boolean
  readonly signal?: AbortSignal | undefined
}

/** `unrouted`: no queue took it, and `mandatory` was asked for. */
export type Posted = 'taken' | 'unrouted'

interface Entry extends Posting {
  readonly resolve: (posted: Posted) => void
  readonly reject: (error: BusError) => void
  /** Of those that may be returned or sent again. */
  readonly token: string | undefined
  wasSent: boolean
  isSettled: boolean
}

/** Enough to keep the broker busy; what is beyond waits here, where it can still be taken back. */
const windowMessages = 2_048
const windowBytes = 8_388_608

export class Publisher {
  private readonly waiting: Entry[] = []
  private waitingBytes = 0
  private readonly flying = new Set<Entry>()
  private flyingBytes = 0
  /** Confirmed by one frame of the broker; whether they came back is known a turn later. */
  private confirmed: Entry[] | undefined
  private doubtful = 0
  private readonly returned = new Set<string>()
  private channel: Channel | undefined
  private outlet: Outlet | undefined
  private kept: Kept | undefined
  private count = 0
  /** After the broker closed the channel for one of many: so many are sent one by one, to find out which. */
  private suspects = 0
  private lastError: unknown
  private over: BusError | undefined
  private readonly idle: (() => void)[] = []
  private readonly watch = createSignalWatch((signal) => this.abort(signal))

  constructor(
    private readonly wire: Wire,
    private readonly settings: Settings,
    private readonly linkToken: string,
  ) {}

  async start(): Promise<void> {
    this.kept = await this.wire.keep({
      setup: async (channel) => {
        channel.on('error', (error) => {
          this.lastError = error
        })
        channel.on('basic.return', (message: ReturnedMessage) => {
          const token: unknown = message.headers?.[copyHeader]
          if (typeof token === 'string') this.returned.add(token)
        })
        await channel.confirmSelect()
        this.channel = channel
        this.outlet = openOutlet(channel, this.wire.clock, this.wire.gather)
        this.pump()
      },
      onLost: () => this.lose(),
    })
  }

  /** Rejects with QUEUE_FULL, CANCELLED, CLOSED, DISCONNECTED or what the broker says; each with its outcome. */
  post(posting: Posting): Promise<Posted> {
    return new Promise((resolve, reject) => {
      if (this.over !== undefined) return reject(closedError())
      const { envelope, body, mayRepeat, signal } = posting
      let token: string | undefined
      if (mayRepeat || envelope.mandatory === true) {
        this.count += 1
        token = `${this.linkToken}-${this.count.toString(36)}`
        envelope.headers[copyHeader] = token
      }
      const flags = { token, wasSent: false, isSettled: false }
      const entry: Entry = { envelope, body, mayRepeat, signal, resolve, reject, ...flags }
      if (signal !== undefined) this.watch(signal)
      if (this.waiting.length === 0 && this.mayWrite()) return this.write(entry)
      const { maxQueuedMessages, maxQueuedBytes } = this.settings
      if (
        this.waiting.length >= maxQueuedMessages ||
        this.waitingBytes + posting.body.byteLength > maxQueuedBytes
      ) {
        const text = `${this.waiting.length} messages with ${this.waitingBytes} bytes wait for RabbitMQ; at most ${maxQueuedMessages} with ${maxQueuedBytes} bytes may.`
        return reject(new BusError('QUEUE_FULL', text, { outcome: 'rejected' }))
      }
      this.waiting.push(entry)
      this.waitingBytes += posting.body.byteLength
    })
  }

  /** Resolves when nothing waits and nothing is in flight. */
  drained(): Promise<void> {
    if (this.isIdle()) return Promise.resolve()
    return new Promise((resolve) => this.idle.push(resolve))
  }

  /** What was never written is rejected, the rest may have arrived. */
  fail(reason: BusError): void {
    this.over = reason
    const failing = (outcome: SendOutcome): BusError =>
      new BusError(reason.code, 'The RabbitMQ transport has ended.', { outcome, cause: reason })
    for (const entry of this.waiting.splice(0))
      this.reject(entry, failing(entry.wasSent ? 'unknown' : 'rejected'))
    for (const entry of this.flying) this.reject(entry, failing('unknown'))
    this.flying.clear()
    this.waitingBytes = 0
    this.flyingBytes = 0
    this.tellIdle()
  }

  async close(): Promise<void> {
    await this.kept?.close()
  }

  private isIdle(): boolean {
    return this.waiting.length === 0 && this.flying.size === 0 && this.doubtful === 0
  }

  private tellIdle(): void {
    if (this.isIdle()) for (const told of this.idle.splice(0)) told()
  }

  private mayWrite(): boolean {
    if (this.channel === undefined) return false
    if (this.suspects > 0) return this.flying.size === 0
    return this.flying.size < windowMessages && this.flyingBytes < windowBytes
  }

  private write(entry: Entry): void {
    const { channel, outlet } = this
    if (channel === undefined || outlet === undefined) return
    entry.wasSent = true
    this.flying.add(entry)
    this.flyingBytes += entry.body.byteLength
    outlet(entry.envelope, entry.body, {
      resolve: () => this.confirm(entry),
      reject: (error) => this.refuse(entry, error, channel),
    })
  }

  /** Undefined when it had been given up as lost before. */
  private land(entry: Entry): boolean {
    if (!this.flying.delete(entry)) return false
    this.flyingBytes -= entry.body.byteLength
    if (this.suspects > 0) this.suspects -= 1
    return true
  }

  private confirm(entry: Entry): void {
    if (!this.land(entry)) return
    if (entry.envelope.mandatory === true) this.doubt(entry)
    else this.resolve(entry, 'taken')
    this.pump()
  }

  /**
   * The broker gives a message back before it confirms it, but the client tells of that a turn after it came. What the
   * next frames confirm must not be settled with these: their returns will be told later.
   */
  private doubt(entry: Entry): void {
    this.doubtful += 1
    if (this.confirmed !== undefined) {
      this.confirmed.push(entry)
      return
    }
    const all = [entry]
    this.confirmed = all
    queueMicrotask(() => {
      this.confirmed = undefined
    })
    setImmediate(() => this.settle(all))
  }

  private settle(all: readonly Entry[]): void {
    this.doubtful -= all.length
    for (const entry of all) {
      const isReturned = entry.token !== undefined && this.returned.delete(entry.token)
      this.resolve(entry, isReturned ? 'unrouted' : 'taken')
    }
    this.tellIdle()
  }

  /** A refusal of this message alone; when the whole channel is lost, `lose` looks after all that were in flight. */
  private refuse(entry: Entry, error: unknown, channel: Channel): void {
    if (channel.active || codeOf(error) === 'NACK' || isBusError(error)) {
      if (this.land(entry))
        this.reject(entry, toBusError(error, 'RabbitMQ did not take a message', 'rejected'))
      this.pump()
    } else if (codeOf(error) !== 'CH_CLOSE') this.lastError = error
  }

  private lose(): void {
    this.channel = undefined
    this.outlet = undefined
    // By then the client has rejected what was in flight, and has said why.
    setImmediate(() => this.takeBack())
  }

  private takeBack(): void {
    const flown = [...this.flying]
    const error = this.lastError
    this.lastError = undefined
    this.flying.clear()
    this.flyingBytes = 0
    const isRefusal = this.wire.isUp && error !== undefined
    const [first] = flown
    if (isRefusal && first !== undefined && flown.length === 1) {
      this.suspects = Math.max(0, this.suspects - 1)
      this.reject(first, toBusError(error, 'RabbitMQ did not take a message', 'rejected'))
    } else {
      for (const entry of flown) {
        if (!isRefusal && !entry.mayRepeat) this.reject(entry, awayError('before a receipt came', 'unknown'))
      }
      const again = flown.filter(({ isSettled }) => !isSettled)
      this.suspects = isRefusal ? again.length : 0
      this.waiting.unshift(...again)
      for (const { body } of again) this.waitingBytes += body.byteLength
    }
    this.pump()
  }

  private pump(): void {
    while (this.waiting.length > 0 && this.mayWrite()) {
      const entry = this.waiting.shift()
      if (entry === undefined) break
      this.waitingBytes -= entry.body.byteLength
      if (!entry.isSettled) this.write(entry)
    }
    this.tellIdle()
  }

  private abort(signal: AbortSignal): void {
    for (const entry of [...this.waiting, ...this.flying]) {
      if (entry.signal === signal)
        this.reject(entry, cancelled('A publish', entry.wasSent ? 'unknown' : 'rejected'))
    }
  }

  private resolve(entry: Entry, posted: Posted): void {
    if (entry.isSettled) return
    entry.isSettled = true
    entry.resolve(posted)
  }

  private reject(entry: Entry, error: BusError): void {
    if (entry.isSettled) return
    entry.isSettled = true
    entry.reject(error)
  }
}
