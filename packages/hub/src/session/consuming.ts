/** CONSUME to ENDED: one consumer of the engine behind a connection, with the flow of credit between them. */

import {
  type ConsumeSpec,
  type FrameReader,
  frameType,
  readConsume,
  readCredit,
  readSettle,
  readTokens,
  writeDeliver,
  writeEnded,
  writeGap,
  writeOk,
  writeTokens,
} from '@busbar/protocol'
import type {
  BusErrorCode,
  Channel,
  Claim,
  ConsumeRequest,
  EngineConsumer,
  Outcome,
  Sink,
} from 'busbar/transport'
import { addSubscription, checkConcurrency, checkPlace, checkSubscribePattern } from './admission.js'
import {
  answering,
  answeringStored,
  type Connection,
  channelOf,
  expectKind,
  permit,
  type Subscription,
} from './connection.js'

/** Credit given to the engine at a time; the rest of the client's is held back while its socket is behind. */
const creditSlice = 256
const done: Outcome = { kind: 'done' }

interface Gap {
  readonly count: number
  readonly from?: number
  readonly to?: number
}

export function consume(connection: Connection, body: FrameReader): void {
  const { request, consumerId, channelId, spec } = readConsume(body)
  const channel = channelOf(connection, channelId)
  answering(connection, request, () => {
    expectKind(channel, 'consume', 'event', 'queue', 'stream')
    checkSubscribePattern(channel, spec.pattern)
    checkConcurrency(spec.concurrency)
    checkPlace(spec)
    permit(connection, 'consume', spec.pattern)
    addSubscription(
      connection,
      consumerId,
      () => new Consuming(connection, consumerId, { ...spec, channel, onGap() {} }),
    )
    writeOk(connection.outbox.frames, request, placeOf(connection, channel, spec))
    connection.outbox.written()
  })
}

/** Where a reader from the end begins, so that it finds its place after a break even if nothing has come yet. */
function placeOf(connection: Connection, channel: Channel, { group, start }: ConsumeSpec): { next?: number } {
  if (channel.kind !== 'stream' || group !== undefined || (start !== undefined && start !== 'end')) return {}
  const { next } = connection.core.engine.manage(channel, { op: 'inspect' })
  return next === undefined ? {} : { next }
}

/** The consumer with that number; undefined when it is gone, whose late frames mean nothing. */
const find = (connection: Connection, consumerId: number): Consuming | undefined => {
  const found = connection.subscriptions.get(consumerId)
  return found instanceof Consuming ? found : undefined
}

export function credit(connection: Connection, body: FrameReader): void {
  const { consumerId, messages } = readCredit(body)
  find(connection, consumerId)?.credit(messages)
}

export function ack(connection: Connection, body: FrameReader): void {
  const consumer = find(connection, body.u32())
  readTokens(body, (token) => consumer?.settle(token, done))
}

export function settle(connection: Connection, body: FrameReader): void {
  const { consumerId, token, outcome } = readSettle(body)
  find(connection, consumerId)?.settle(token, outcome)
}

export function extend(connection: Connection, body: FrameReader): void {
  const consumer = find(connection, body.u32())
  readTokens(body, (token) => consumer?.extend(token))
}

class Consuming implements Subscription, Sink {
  private readonly channel: Channel
  private readonly engine: EngineConsumer
  /** Tokens the client has to settle. */
  private readonly tokens = new Set<number>()
  /** Claims that wait for the socket. */
  private waiting: Claim[] = []
  private gap: Gap | undefined
  /** Credit of the client that the engine has not got yet. */
  private held = 0
  /** Credit that the engine has. */
  private granted = 0
  private refilling = false
  private stopRequest: number | undefined
  private end: { readonly code: BusErrorCode | undefined } | undefined

  constructor(
    private readonly connection: Connection,
    private readonly id: number,
    request: ConsumeRequest,
  ) {
    this.channel = request.channel
    this.engine = connection.core.engine.consume(request, this)
  }

  get claims(): number {
    return this.tokens.size
  }

  credit(messages: number): void {
    // No client needs more, and a sum that only grows would lose precision.
    this.held = Math.min(this.held + messages, 0xffff_ffff)
    this.refill()
  }

  settle(token: number, outcome: Outcome): void {
    this.tokens.delete(token)
    if (!this.engine.settle(token, outcome)) this.tellLost(token)
    this.connection.settled()
  }

  extend(token: number): void {
    if (!this.engine.extend(token)) this.tellLost(token)
  }

  deliver(claim: Claim): void {
    this.granted -= 1
    if (claim.token !== 0) this.tokens.add(claim.token)
    if (this.waiting.length > 0 || !this.connection.outbox.writable) this.waiting.push(claim)
    else this.write(claim)
    if (this.granted === 0 && this.held > 0) this.refillLater()
  }

  onGap(gap: Gap): void {
    this.gap = this.gap === undefined ? gap : joined(this.gap, gap)
    if (this.connection.outbox.writable) this.writeGap()
  }

  lost(token: number): void {
    if (!this.tokens.delete(token)) return
    const unsent = this.waiting.findIndex((claim) => claim.token === token)
    if (unsent >= 0) this.waiting.splice(unsent, 1)
    else this.tellLost(token)
    this.connection.settled()
  }

  ended(code: BusErrorCode | undefined): void {
    this.end = { code }
    this.finish()
  }

  stop(request: number | undefined): void {
    this.engine.stop()
    this.stopRequest = request
    this.finish()
  }

  leave(how: { readonly failed: boolean }): void {
    this.waiting = []
    this.tokens.clear()
    this.engine.leave(how)
  }

  drained(): void {
    const { outbox } = this.connection
    let sent = 0
    for (const claim of this.waiting) {
      if (!outbox.writable) break
      this.write(claim)
      sent += 1
    }
    this.waiting.splice(0, sent)
    if (outbox.writable) this.writeGap()
    this.finish()
    this.refill()
  }

  private write(claim: Claim): void {
    const { outbox } = this.connection
    writeDeliver(outbox.frames, this.id, this.channel.name, claim, this.connection.readsAcquired)
    outbox.written()
  }

  private writeGap(): void {
    if (this.gap === undefined) return
    writeGap(this.connection.outbox.frames, this.id, this.gap)
    this.gap = undefined
    this.connection.outbox.written()
  }

  private tellLost(token: number): void {
    writeTokens(this.connection.outbox.frames, frameType.lost, this.id, [token])
    this.connection.outbox.written()
  }

  /** Says that it stopped or ended, after the last delivery. */
  private finish(): void {
    if (this.waiting.length > 0) return
    const { frames } = this.connection.outbox
    if (this.end !== undefined) {
      this.writeGap()
      writeEnded(frames, this.id, this.end.code)
      this.end = undefined
    }
    if (this.stopRequest !== undefined) {
      const request = this.stopRequest
      this.stopRequest = undefined
      answeringStored(this.connection, this.channel, request, () => {
        writeOk(frames, request)
        this.connection.outbox.written()
      })
    }
    this.connection.outbox.written()
  }

  /** Not in the engine's own stack, which is delivering just now. */
  private refillLater(): void {
    if (this.refilling) return
    this.refilling = true
    queueMicrotask(() => {
      this.refilling = false
      this.refill()
    })
  }

  private refill(): void {
    const { connection } = this
    if (connection.draining || this.held === 0 || !connection.outbox.writable) return
    const slice = Math.min(this.held, creditSlice - this.granted)
    if (slice <= 0) return
    this.held -= slice
    this.granted += slice
    this.engine.credit(slice)
  }
}

function joined(one: Gap, other: Gap): Gap {
  const from = one.from ?? other.from
  const to = other.to ?? one.to
  return {
    count: one.count + other.count,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }
}
