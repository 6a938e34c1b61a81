/** The way to the server: whether it answers, and tries that outlast its absence. */

import { setMaxListeners } from 'node:events'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { BusError, type Host, type SendOutcome } from 'busbar/transport'
import { backoffMs, type Call, connectFirst, createClient, probe } from './client.js'
import { errorOf, troubleOf } from './errors.js'
import type { Settings } from './options.js'

export interface Link {
  /** For messages. */
  readonly place: string
  /** Tries until there is an answer. Rejects with CLOSED or DISCONNECTED when the link ends before. */
  surely<T>(what: string, call: Call<T>): Promise<T>
  /** Resolves after `ms`, or when the link ends. */
  pause(ms: number): Promise<void>
  /** Aborts what is under way and lets go of the sockets. Idempotent. */
  end(): void
}

/** Resolves when the server has answered. Rejects with UNREACHABLE, AUTH_FAILED or what else it said. */
export async function openLink(host: Host, settings: Settings): Promise<Link> {
  const client = createClient(settings)
  try {
    await connectFirst(host, client, settings)
  } catch (error) {
    client.destroy()
    throw error
  }
  return new SqsLink(host, settings, client)
}

class SqsLink implements Link {
  private readonly ending = new AbortController()
  private isUp = true
  /** Counts returns: a call that began before the last one says nothing about now. */
  private era = 0
  private lost: BusError | undefined
  /** Those who wait for the server or for some time; all are woken at the end. */
  private readonly waiters = new Set<() => void>()
  private readonly sleepers = new Set<() => void>()

  constructor(
    private readonly host: Host,
    private readonly settings: Settings,
    private readonly client: SQSClient,
  ) {
    // Each request under way listens, and there may be many.
    setMaxListeners(0, this.ending.signal)
  }

  get place(): string {
    return this.settings.place
  }

  async surely<T>(what: string, call: Call<T>): Promise<T> {
    let outcome: SendOutcome = 'rejected'
    for (let failures = 0; ; failures++) {
      while (!this.isUp && !this.ending.signal.aborted) {
        await new Promise<void>((resolve) => this.waiters.add(resolve))
      }
      if (this.ending.signal.aborted) throw this.ended(what, outcome)
      const { era } = this
      try {
        return await call(this.client, { abortSignal: this.ending.signal })
      } catch (error) {
        const trouble = troubleOf(error)
        if (trouble === 'refused' || trouble === 'gone') throw errorOf(error, what, this.place, 'rejected')
        if (trouble === 'away') outcome = 'unknown'
        if (this.ending.signal.aborted) continue
        if (trouble === 'away' && era === this.era) this.goDown(error)
        if (trouble === 'busy') await this.pause(backoffMs(failures, this.host.random))
      }
    }
  }

  pause(ms: number): Promise<void> {
    if (this.ending.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel()
        this.sleepers.delete(wake)
        resolve()
      }
      const timer = this.host.clock.after(ms, wake, { keepAlive: true })
      this.sleepers.add(wake)
    })
  }

  end(): void {
    if (this.ending.signal.aborted) return
    this.ending.abort()
    for (const wake of this.sleepers) wake()
    this.wake()
    this.client.destroy()
  }

  private goDown(error: unknown): void {
    if (!this.isUp) return
    this.isUp = false
    const said = error instanceof Error ? error.message || error.name : String(error)
    this.host.onState('reconnecting', `${this.place} does not answer: ${said}`)
    void this.comeBack()
  }

  private async comeBack(): Promise<void> {
    const { signal } = this.ending
    for (let failures = 0; ; failures++) {
      await this.pause(backoffMs(failures, this.host.random))
      if (signal.aborted) return
      const error = await probe(this.client, this.settings, signal)
      if (signal.aborted) return
      const answer = error === undefined ? undefined : errorOf(error, 'listing queues', this.place)
      if (answer?.code === 'AUTH_FAILED') {
        this.lost = answer
        this.host.onState('lost', answer.message)
        this.end()
        return
      }
      const trouble = error === undefined ? undefined : troubleOf(error)
      if (trouble === 'away' || trouble === 'busy') continue
      this.isUp = true
      this.era += 1
      this.host.onState('connected')
      this.wake()
      return
    }
  }

  private wake(): void {
    for (const go of this.waiters) go()
    this.waiters.clear()
  }

  private ended(what: string, outcome: SendOutcome): BusError {
    const code = this.lost?.code ?? (this.isUp ? 'CLOSED' : 'DISCONNECTED')
    const text = `The link to ${this.place} ended before ${what} was answered.`
    return new BusError(code, text, { outcome, cause: this.lost })
  }
}
