/** Carries out outcomes: deletes, shows again after a while, or buries and then deletes. */

import type { Channel, Clock, Outcome } from 'busbar/transport'
import type { Arrival } from './arrival.js'
import { bury, type Cemetery } from './burial.js'
import { type Claims, secondsOf } from './claims.js'
import { FirstFailures } from './failures.js'
import type { Line } from './lines.js'
import { Shelf } from './shelf.js'

/** So many may be on their way to be deleted while the next ones are taken: a worker does not wait for the server. */
const removalRoom = 64
/** Not so many wait in this process for a retry that is shorter than a second; the others wait for a whole one. */
const retryRoom = 100

export class Settling {
  private readonly failures = new FirstFailures()
  private readonly retries: Shelf
  private isStopping = false

  constructor(
    private readonly clock: Clock,
    private readonly cemetery: Cemetery,
    private readonly line: Line,
    private readonly claims: Claims,
    private readonly channel: Channel,
    private readonly group: string | undefined,
  ) {
    this.retries = new Shelf(clock)
  }

  settle(arrival: Arrival, outcome: Outcome): Promise<void> | undefined {
    if (outcome.kind === 'retry') {
      this.failures.note(arrival.messageId, outcome.failure)
      return this.retry(arrival.handle, outcome.afterMs)
    }
    if (outcome.kind === 'reject') return this.reject(arrival, outcome)
    this.failures.take(arrival.messageId)
    const removed = this.remove(arrival.handle)
    if (this.line.removals.size > removalRoom) return removed
    // What could not be deleted comes again when its lease has ended.
    removed.catch(() => {})
    return undefined
  }

  /** Ends a message whose workers all went away before they settled it. */
  async buryPoison(arrival: Arrival): Promise<void> {
    const failure = { message: 'Each worker that had it went away before it was settled.' }
    await this.bury(arrival, { kind: 'reject', reason: 'attempts', failure }, arrival.attempt - 1)
    await this.remove(arrival.handle)
  }

  async remove(handle: string): Promise<void> {
    this.claims.drop(handle)
    await this.line.removals.add(handle)
  }

  /** Retries no longer wait in this process; they come after a second. Resolves when the queue knows everything. */
  async stop(): Promise<void> {
    this.isStopping = true
    const handles = this.retries.clear()
    await Promise.allSettled(handles.map((handle) => this.show(handle, 1)))
    await this.line.removals.idle()
  }

  private async reject(arrival: Arrival, outcome: Outcome & { readonly kind: 'reject' }): Promise<void> {
    await this.bury(arrival, outcome, arrival.attempt)
    await this.remove(arrival.handle)
  }

  private async retry(handle: string, afterMs: number): Promise<void> {
    const isShort = afterMs > 0 && afterMs < 1_000 && this.retries.size < retryRoom
    if (!isShort || this.isStopping) {
      await this.show(handle, afterMs > 0 ? secondsOf(afterMs) : 0)
      return
    }
    // The claim is kept meanwhile. Should showing it fail, the message comes when its lease has ended.
    this.retries.put(handle, afterMs, () => void this.show(handle, 0).catch(() => {}))
  }

  private async show(handle: string, seconds: number): Promise<void> {
    // A renewal that came later would hide it for longer.
    this.claims.drop(handle)
    await this.line.hidings.add({ handle, seconds })
  }

  private async bury(
    { form, messageId, attempt }: Arrival,
    { reason, failure }: Outcome & { readonly kind: 'reject' },
    attempts: number,
  ): Promise<void> {
    const firstFailure = this.failures.take(messageId) ?? failure
    await bury(this.cemetery, this.channel, form.message, messageId, {
      ...{ reason, group: this.group, attempts, acquired: attempt },
      ...{ firstFailure, lastFailure: failure, diedAt: this.clock.now() },
    })
  }
}
