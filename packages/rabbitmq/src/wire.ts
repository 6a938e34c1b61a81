/** One connection to the broker and the channels that are kept open on it, through breaks and errors of channels. */

import type { Clock, Timer } from 'busbar/transport'
import type { Channel, Connection } from 'rabbitmq-client'
import { codeOf, isReply, textOf } from './errors.js'
import { createTurn } from './turn.js'

/** A channel that comes back. */
export interface Kept {
  /** The channel of now; undefined while it is away. */
  readonly channel: Channel | undefined
  /** Closes the channel once the broker has taken what was written to it. */
  close(): Promise<void>
}

export interface KeptOptions {
  /** Declares, binds and consumes. Called anew on each fresh channel. */
  setup(channel: Channel): Promise<void>
  /** The channel is gone, with all that was unsettled on it; `error` is why if the broker said so. */
  onLost(error: unknown): void
}

const firstPauseMs = 100
const longestPauseMs = 5_000
const maxTries = 5

class KeptChannel implements Kept {
  channel: Channel | undefined
  isClosed = false
  private failures = 0
  private timer: Timer | undefined
  private current: Channel | undefined

  constructor(
    private readonly wire: Wire,
    private readonly options: KeptOptions,
  ) {}

  /** Rejects with what the broker says; later failures are tried again by themselves. */
  async open(): Promise<void> {
    this.timer?.cancel()
    const channel = await this.wire.acquire()
    let cause: unknown
    channel.on('error', (error) => {
      cause = error
    })
    channel.on('basic.cancel', (_tag, error) => {
      cause = error
      void channel.close()
    })
    channel.once('close', () => {
      if (this.current !== channel) return
      this.current = undefined
      this.channel = undefined
      this.options.onLost(cause)
      // By then the connection has said whether it is gone too, and with it comes back the channel.
      setImmediate(() => this.again())
    })
    this.current = channel
    try {
      await this.options.setup(channel)
    } catch (error) {
      void channel.close()
      throw error
    }
    if (channel.active && !this.isClosed) this.channel = channel
    this.failures = 0
  }

  async reopen(): Promise<void> {
    if (this.isClosed || this.current !== undefined) return
    await this.open().catch(() => this.again())
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.timer?.cancel()
    this.wire.forget(this)
    const channel = this.current
    this.current = undefined
    this.channel = undefined
    await channel?.close()
  }

  private again(): void {
    if (this.isClosed || !this.wire.isUp || this.current !== undefined) return
    this.timer?.cancel()
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** this.failures)
    this.failures += 1
    this.timer = this.wire.clock.after(pause, () => void this.reopen())
  }
}

export interface WireEvents {
  onUp(): void
  onDown(error: unknown): void
}

export class Wire {
  isUp = false
  private readonly kept = new Set<KeptChannel>()
  /** What is written until the end of this turn leaves in one piece. */
  readonly gather: () => void

  constructor(
    private readonly connection: Connection,
    readonly clock: Clock,
    private readonly events: WireEvents,
  ) {
    this.gather = createTurn(connection)
  }

  /** Resolves when the connection is made; rejects with its first failure, whereupon nothing is left of it. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.connection.on('connection', () => {
        this.isUp = true
        resolve()
        this.events.onUp()
      })
      this.connection.on('error', (error) => {
        this.isUp = false
        reject(error)
        this.events.onDown(error)
      })
    })
  }

  acquire(): Promise<Channel> {
    return this.connection.acquire({ emitErrorsFromChannel: true })
  }

  /** Gives a channel of its own to `work`. */
  async use<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await this.acquire()
    // The call that failed says so itself.
    channel.on('error', () => {})
    try {
      return await work(channel)
    } finally {
      void channel.close()
    }
  }

  /** Resolves when `setup` has run; rejects when it was refused, or when the connection broke again and again. */
  async keep(options: KeptOptions): Promise<Kept> {
    const kept = new KeptChannel(this, options)
    this.kept.add(kept)
    try {
      await this.steadily(() => kept.open())
    } catch (error) {
      await kept.close()
      throw error
    }
    return kept
  }

  /**
   * Tries again what failed because the connection broke, as it does when a queue has no leader yet after a restart of
   * the broker. For work that may be done twice.
   */
  async steadily<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work()
      } catch (error) {
        if (isReply(error) || tries === maxTries) throw error
        await new Promise<void>((resolve) =>
          this.clock.after(tries * firstPauseMs, resolve, { keepAlive: true }),
        )
      }
    }
  }

  forget(kept: KeptChannel): void {
    this.kept.delete(kept)
  }

  /** After a break. */
  async reopenAll(): Promise<void> {
    await Promise.all([...this.kept].map((kept) => kept.reopen()))
  }

  async close(): Promise<void> {
    await Promise.all([...this.kept].map((kept) => kept.close()))
    await this.connection.close()
  }

  destroy(): void {
    this.connection.unsafeDestroy()
  }
}

/** Whether another connection, perhaps an earlier one of ours that the broker has not buried yet, holds the queue. */
export const isLocked = (error: unknown): boolean =>
  codeOf(error) === 'RESOURCE_LOCKED' || / in exclusive use/.test(textOf(error))
