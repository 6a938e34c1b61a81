/** Sends to one address: confirmed by the broker, in order, and again after a cut without a second copy. */

import { BusError } from 'busbar/transport'
import type { Delivery, EventContext, Sender } from 'rhea'
import { encode } from './encoding.js'
import { away, cancelled, ended, errorOf } from './errors.js'
import { type Outgoing, resentProperty } from './messages.js'
import type { Wire } from './wire.js'

interface Entry {
  readonly message: Outgoing
  readonly bytes: number
  readonly signal: AbortSignal | undefined
  readonly resolve: () => void
  readonly reject: (error: BusError) => void
  /** How often it was handed to the broker. */
  writes: number
  isSettled: boolean
}

/** What waits for the broker in this process, over all addresses. */
export interface Backlog {
  readonly maxMessages: number
  readonly maxBytes: number
  messages: number
  bytes: number
}

export interface PublisherOptions {
  /** Undefined: each message says where it goes. */
  readonly address: string | undefined
  /** Whether what was in flight at a cut is sent again: not for plain events, which nobody may get twice. */
  readonly isResent: boolean
  readonly backlog: Backlog
  /** Is told whether messages wait for the broker's leave to send them. */
  readonly watchCredit: (isWaiting: boolean) => void
}

/** Fits into what the broker grants and into what rhea keeps track of. */
const window = 1_000

export class Publisher {
  private readonly queued: Entry[] = []
  private inFlight = new Map<number, Entry>()
  private sender: Sender | undefined
  private wire: Wire | undefined
  private opening = false
  private readonly idle: (() => void)[] = []

  constructor(private readonly options: PublisherOptions) {}

  /** Resolves when the broker has taken it. */
  send(message: Outgoing, bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const { backlog } = this.options
    if (signal?.aborted === true) return Promise.reject(cancelled('A publish', 'rejected', signal))
    if (
      this.queued.length > 0 &&
      (backlog.messages >= backlog.maxMessages || backlog.bytes + bytes > backlog.maxBytes)
    ) {
      const text = `${backlog.messages} messages with ${backlog.bytes} bytes wait for the broker; at most ${backlog.maxMessages} with ${backlog.maxBytes} bytes may.`
      return Promise.reject(new BusError('QUEUE_FULL', text, { outcome: 'rejected' }))
    }
    return new Promise((resolve, reject) => {
      const entry: Entry = { message, bytes, signal, resolve, reject, writes: 0, isSettled: false }
      this.queued.push(entry)
      backlog.messages += 1
      backlog.bytes += bytes
      this.flush()
    })
  }

  up(wire: Wire): void {
    this.wire = wire
    this.sender = undefined
    this.opening = false
    this.flush()
  }

  down(reason: string): void {
    this.wire = undefined
    this.sender = undefined
    this.opening = false
    this.checkCredit()
    const open = [...this.inFlight.values()]
    this.inFlight = new Map()
    if (!this.options.isResent) {
      for (const entry of open) fail(entry, away('unknown', reason))
      this.tellIdle()
      return
    }
    this.queued.unshift(...open)
    for (const { bytes } of open) this.count(1, bytes)
  }

  /** Resolves when nothing waits for the broker. */
  drained(): Promise<void> {
    if (this.queued.length === 0 && this.inFlight.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.idle.push(resolve))
  }

  failAll(reason: BusError): void {
    const all = [...this.inFlight.values(), ...this.queued]
    for (const { bytes } of this.queued) this.count(-1, -bytes)
    this.queued.length = 0
    this.inFlight.clear()
    for (const entry of all) {
      const outcome = entry.writes > 0 ? 'unknown' : 'rejected'
      fail(entry, ended(reason, outcome))
    }
    this.tellIdle()
  }

  private get what(): string {
    const { address } = this.options
    return address === undefined ? 'Sending' : `Sending to "${address}"`
  }

  private flush(): void {
    const { wire, sender } = this
    if (wire === undefined) return
    if (sender === undefined) {
      if (!this.opening && this.queued.length > 0) void this.open(wire)
      return
    }
    let sent = 0
    while (sent < this.queued.length && this.inFlight.size < window) {
      const entry = this.queued[sent]
      if (entry === undefined) break
      sent += 1
      this.count(-1, -entry.bytes)
      if (entry.isSettled) continue
      const { id } = sender.send(encode(copyOf(entry)), undefined, 0)
      entry.writes += 1
      this.inFlight.set(id, entry)
    }
    if (sent > 0) this.queued.splice(0, sent)
    this.checkCredit()
    this.tellIdle()
  }

  private checkCredit(): void {
    const { sender, inFlight } = this
    this.options.watchCredit(sender !== undefined && inFlight.size > 0 && !sender.sendable())
  }

  private async open(wire: Wire): Promise<void> {
    const { address } = this.options
    this.opening = true
    try {
      const sender = await wire.openSender(address, this.what)
      if (wire !== this.wire) return
      this.listen(sender)
      this.sender = sender
      this.opening = false
      this.flush()
    } catch (error) {
      if (wire !== this.wire || !wire.isUp) return
      this.opening = false
      this.failAll(errorOf(error, this.what, 'rejected'))
    }
  }

  private listen(sender: Sender): void {
    const take = (context: EventContext, settle: (entry: Entry, delivery: Delivery) => void): void => {
      const { delivery } = context
      const entry = delivery === undefined ? undefined : this.inFlight.get(delivery.id)
      if (delivery === undefined || entry === undefined || sender !== this.sender) return
      this.inFlight.delete(delivery.id)
      if (!entry.isSettled) {
        entry.isSettled = true
        settle(entry, delivery)
      }
      this.flush()
    }
    sender.on('sendable', () => this.checkCredit())
    const { what } = this
    sender.on('accepted', (context: EventContext) => take(context, (entry) => entry.resolve()))
    for (const name of ['rejected', 'released', 'modified']) {
      sender.on(name, (context: EventContext) =>
        take(context, (entry, { remote_state }) =>
          entry.reject(errorOf(remote_state?.error, what, 'rejected', 'QUEUE_FULL')),
        ),
      )
    }
    const over = (): void => {
      if (sender !== this.sender) return
      const error = errorOf(sender.error ?? sender.session.error, what, 'unknown')
      this.sender = undefined
      const open = [...this.inFlight.values()]
      this.inFlight.clear()
      for (const entry of open) fail(entry, error)
      this.flush()
    }
    for (const name of ['sender_error', 'sender_close']) sender.on(name, over)
    for (const name of ['session_error', 'session_close']) sender.session.on(name, over)
  }

  /** What was published with this signal is given up. */
  abort(signal: AbortSignal): void {
    for (const entry of [...this.inFlight.values(), ...this.queued]) {
      if (entry.signal !== signal) continue
      fail(entry, cancelled('A publish', entry.writes > 0 ? 'unknown' : 'rejected', signal))
    }
  }

  private count(messages: number, bytes: number): void {
    this.options.backlog.messages += messages
    this.options.backlog.bytes += bytes
  }

  private tellIdle(): void {
    if (this.queued.length > 0 || this.inFlight.size > 0) return
    for (const go of this.idle.splice(0)) go()
  }
}

function fail(entry: Entry, error: BusError): void {
  if (entry.isSettled) return
  entry.isSettled = true
  entry.reject(error)
}

/** A second copy says that it is one: the first may have come through. */
function copyOf({ message, writes }: Entry): Outgoing {
  if (writes === 0) return message
  const properties = { ...message.application_properties, [resentProperty]: String(writes) }
  return { ...message, application_properties: properties }
}
