/** One acceptor of a session: exchanges that the hub offers, and its return after a break. */

import {
  type Accept,
  type AcceptRequest,
  type BusErrorCode,
  type Consumer,
  isBusError,
} from 'busbar/transport'
import { writeAccept, writeLeave, writeStop } from '../control-frames.js'
import { readJson } from '../json-text.js'
import type { ChannelEntry } from './channels.js'
import { deferred } from './deferred.js'
import { comesBack, endedEarly, type Uplink } from './uplink.js'

export interface AcceptingHost {
  readonly uplink: Uplink
  /** It is over. */
  forgetAcceptor(acceptor: Accepting): void
}

export class Accepting implements Consumer {
  /** The connection on which it was set up last. */
  generation = -1
  readonly ready = deferred<void>()
  private readonly over = deferred<BusErrorCode | undefined>()
  readonly ended = this.over.promise
  private running = 0
  private closing: Promise<void> | undefined
  private quiet: (() => void) | undefined

  constructor(
    readonly id: number,
    private readonly host: AcceptingHost,
    readonly entry: ChannelEntry,
    private readonly request: AcceptRequest,
    readonly accept: Accept,
  ) {}

  /** It is set up on this connection, or need not be any more. */
  get isSettled(): boolean {
    return this.generation === this.host.uplink.generation || this.closing !== undefined
  }

  /** Never rejects: a failure ends the acceptor. */
  async setUp(): Promise<void> {
    const { uplink } = this.host
    this.generation = uplink.generation
    const { pattern, concurrency } = this.request
    try {
      if (this.entry.failure !== undefined) throw this.entry.failure
      await uplink.ask((out, request) => {
        const spec = { pattern, concurrency }
        writeAccept(out, { request, acceptorId: this.id, channelId: this.entry.id, spec })
      }, readJson)
      this.ready.resolve()
    } catch (error) {
      if (!isBusError(error)) throw error
      if (comesBack(error.code)) return
      this.ready.reject(error)
      this.end(error.code)
    }
  }

  began(): void {
    this.running += 1
  }

  finished(): void {
    this.running -= 1
    if (this.running === 0) this.quiet?.()
  }

  end(code: BusErrorCode | undefined): void {
    this.ready.reject(endedEarly(code))
    this.host.forgetAcceptor(this)
    this.over.resolve(code)
    this.quiet?.()
  }

  close(): Promise<void> {
    this.closing ??= this.stop()
    return this.closing
  }

  private async stop(): Promise<void> {
    const { uplink } = this.host
    if (uplink.connection !== undefined && this.generation === uplink.generation) {
      await uplink.ask((out, request) => writeStop(out, request, this.id), readJson).catch(() => undefined)
    }
    if (this.running > 0) {
      await new Promise<void>((resolve) => {
        this.quiet = resolve
      })
    }
    if (uplink.out !== undefined && this.generation === uplink.generation) {
      writeLeave(uplink.out, this.id)
      uplink.flush()
    }
    this.end(undefined)
  }
}
