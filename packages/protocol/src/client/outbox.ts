/** Publishes of a session: sent under a window of bytes, kept until receipted, sent again after a break. */

import {
  BusError,
  createSignalWatch,
  isBusError,
  type PublishRequest,
  type Receipt,
  type SendOutcome,
} from 'busbar/transport'
import { type WireError, wireErrorOf } from '../error-frames.js'
import { protocolError } from '../protocol-error.js'
import { type ReceiptRun, writePublish } from '../publish-frames.js'
import { cancelled } from './cancelled.js'
import type { ChannelEntry } from './channels.js'
import type { SessionLimits } from './options.js'
import { Ring } from './ring.js'
import { away, type Uplink } from './uplink.js'

interface Entry {
  readonly entry: ChannelEntry
  readonly request: PublishRequest
  readonly signal: AbortSignal
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (error: BusError) => void
  /** As it was counted when it was queued: the size of a body may shrink when another wire encodes it. */
  queuedBytes: number
  sequence: number
  frameBytes: number
  isSettled: boolean
  isReceipted: boolean
}

export class Outbox {
  private readonly queued = new Ring<Entry>()
  private queuedBytes = 0
  /** In the order of their sequence, without holes. */
  private readonly sent = new Ring<Entry>()
  private sentBytes = 0
  private nextSequence = 1
  private readonly idle: (() => void)[] = []
  private readonly watch = createSignalWatch((signal) => this.abort(signal))

  constructor(
    private readonly uplink: Uplink,
    private readonly limits: Required<SessionLimits>,
  ) {}

  /** Rejects with QUEUE_FULL, TOO_LARGE, CANCELLED or what the hub says; each with its outcome. */
  publish(entry: ChannelEntry, request: PublishRequest, signal: AbortSignal): Promise<Receipt> {
    if (signal.aborted) return Promise.reject(cancelled('A publish', 'rejected', signal))
    return new Promise((resolve, reject) => {
      const publish: Entry = {
        entry,
        request,
        signal,
        resolve,
        reject,
        queuedBytes: 0,
        sequence: 0,
        frameBytes: 0,
        isSettled: false,
        isReceipted: false,
      }
      this.watch(signal)
      if (this.queued.length === 0 && this.mayWrite()) this.write(publish)
      else this.enqueue(publish)
    })
  }

  onReceipts(run: ReceiptRun): void {
    const base = this.sent.at(0)?.sequence ?? this.nextSequence
    if (run.first + run.count > this.nextSequence) throw protocolError('A receipt came for what was not sent')
    for (let sequence = Math.max(base, run.first); sequence < run.first + run.count; sequence++) {
      const publish = this.sent.at(sequence - base)
      if (publish === undefined || publish.isReceipted) continue
      publish.isReceipted = true
      if (!publish.isSettled) {
        publish.isSettled = true
        publish.resolve(receiptOf(publish.request.message.id, run, sequence - run.first))
      }
    }
    this.settleFront()
  }

  onRefused(sequence: number, { code, message, details }: WireError): void {
    const base = this.sent.at(0)?.sequence ?? this.nextSequence
    if (sequence >= this.nextSequence) throw protocolError('A refusal came for what was not sent')
    const publish = this.sent.at(sequence - base)
    if (publish === undefined) return
    publish.isReceipted = true
    // The hub says these of a publish whose answer was lost with an earlier connection, and that it has forgotten,
    // and of one that may or may not be on a disk that has failed.
    const outcome = code === 'DISCONNECTED' || code === 'STORE_FAILED' ? 'unknown' : 'rejected'
    this.fail(publish, new BusError(code, message, { details, outcome }))
    this.settleFront()
  }

  /**
   * After a reconnect: a resumed session sends again what was not receipted under the same sequences, so the hub
   * drops what it has. A new session sends it under new ones, except plain events, which nobody may get twice.
   */
  resume(isSame: boolean): void {
    const unreceipted = this.sent.takeAll()
    this.sentBytes = 0
    if (!isSame) this.nextSequence = 1
    for (const publish of unreceipted) {
      if (!isSame && !publish.request.channel.guarantees.tracked) this.fail(publish, away('in flight'))
      if (isSame) this.write(publish, publish.sequence)
      else if (!publish.isSettled) this.write(publish)
    }
    this.settleFront()
  }

  /** Resolves when nothing is queued or without receipt. */
  drained(): Promise<void> {
    if (this.queued.length === 0 && this.sent.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.idle.push(resolve))
  }

  /** Gives up: what was never written is rejected, the rest may have arrived. */
  failAll(reason: BusError): void {
    const failing = (outcome: 'rejected' | 'unknown'): BusError =>
      new BusError(reason.code, 'The session with the hub has ended.', { outcome, cause: reason })
    for (const publish of this.queued.takeAll()) this.fail(publish, failing('rejected'))
    for (const publish of this.sent.takeAll()) this.fail(publish, failing('unknown'))
    this.queuedBytes = 0
    this.sentBytes = 0
    this.tellIdle()
  }

  private mayWrite(): boolean {
    const { uplink } = this
    return (
      uplink.isUp &&
      !uplink.isDraining &&
      uplink.welcome !== undefined &&
      this.sentBytes < uplink.welcome.publishWindowBytes
    )
  }

  private enqueue(publish: Entry): void {
    const { size } = publish.request.message.body
    const { maxQueuedMessages, maxQueuedBytes } = this.limits
    if (this.queued.length >= maxQueuedMessages || this.queuedBytes + size > maxQueuedBytes) {
      const text = `${this.queued.length} messages with ${this.queuedBytes} bytes wait for the hub; at most ${maxQueuedMessages} with ${maxQueuedBytes} bytes may.`
      this.fail(publish, new BusError('QUEUE_FULL', text, { outcome: 'rejected' }))
      return
    }
    publish.queuedBytes = size
    this.queued.push(publish)
    this.queuedBytes += size
  }

  private write(publish: Entry, again?: number): void {
    const { connection, welcome } = this.uplink
    if (connection === undefined || welcome === undefined) return
    const { entry, request } = publish
    try {
      if (entry.failure !== undefined) throw entry.failure
      checkSize(request, welcome.maxMessageBytes)
      const sequence = again ?? this.nextSequence
      publish.frameBytes = writePublish(connection.out, entry.id, sequence, request)
      publish.sequence = sequence
    } catch (error) {
      // What was sent on an earlier connection may have arrived.
      this.fail(publish, unsent(error, publish.sequence === 0 ? 'rejected' : 'unknown'))
      if (again === undefined) return
      // It keeps its place, so that the sequences of the others have no hole.
      publish.isReceipted = true
      publish.frameBytes = 0
    }
    this.nextSequence = publish.sequence + 1
    this.sent.push(publish)
    this.sentBytes += publish.frameBytes
    connection.flush()
  }

  private pump(): void {
    while (this.queued.length > 0 && this.mayWrite()) {
      const publish = this.queued.shift()
      if (publish === undefined) break
      this.queuedBytes -= publish.queuedBytes
      if (!publish.isSettled) this.write(publish)
    }
    this.tellIdle()
  }

  private settleFront(): void {
    for (let front = this.sent.at(0); front?.isReceipted; front = this.sent.at(0)) {
      this.sentBytes -= front.frameBytes
      this.sent.shift()
    }
    this.pump()
  }

  private abort(signal: AbortSignal): void {
    for (const [ring, outcome] of [[this.queued, 'rejected'] as const, [this.sent, 'unknown'] as const]) {
      for (let i = 0; i < ring.length; i++) {
        const publish = ring.at(i)
        if (publish?.signal === signal) this.fail(publish, cancelled('A publish', outcome, signal))
      }
    }
  }

  private fail(publish: Entry, error: BusError): void {
    if (publish.isSettled) return
    publish.isSettled = true
    publish.reject(error)
  }

  private tellIdle(): void {
    if (this.queued.length === 0 && this.sent.length === 0)
      for (const resolve of this.idle.splice(0)) resolve()
  }
}

function receiptOf(id: string, run: ReceiptRun, index: number): Receipt {
  const { level, offset, duplicate } = run
  if (offset === undefined && !duplicate) return { id, level }
  return {
    id,
    level,
    ...(offset !== undefined && { offset: offset + index }),
    ...(duplicate && { duplicate }),
  }
}

/** The size of a body is an upper bound: only what might be too large is encoded to know. */
function checkSize({ channel, message }: PublishRequest, max: number): void {
  if (message.body.size <= max) return
  const bytes = message.body.bytes().byteLength
  if (bytes <= max) return
  throw new BusError(
    'TOO_LARGE',
    `A message on "${channel.name}" has ${bytes} bytes; the hub takes ${max}.`,
    {
      outcome: 'rejected',
    },
  )
}

/** Whatever fails before a frame is whole was not sent now. */
function unsent(error: unknown, outcome: SendOutcome): BusError {
  if (isBusError(error) && error.outcome === outcome) return error
  const { code, message, details } = wireErrorOf(error)
  return new BusError(code, message, { details, outcome, cause: error })
}
