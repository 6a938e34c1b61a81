/** The relay: empties an outbox table into a bus, one at a time for each table. */

import type { Bus, Contract } from 'busbar'
import { type AnyTopic, type Clock, isBusError, systemClock, systemRandom } from 'busbar/transport'
import type { Pool } from 'pg'
import { Backoff } from './backoff.js'
import { Bell } from './bell.js'
import { type OutboxRow, outboxSql } from './outbox-sql.js'
import { openSession, type RelaySession } from './relay-session.js'
import { type BatchResult, sendBatch } from './send-batch.js'
import { sendRow } from './send-row.js'
import { requireWhole } from './table-name.js'

export interface RelayOptions {
  /** One of its clients is the relay's until it is closed; not through a pooler that shares sessions. */
  readonly pool: Pick<Pool, 'connect'>
  readonly bus: Bus
  /** Where the topics of the messages are found by their names. */
  readonly contracts: readonly Contract<Readonly<Record<string, AnyTopic>>>[]
  /** As given to the outbox; default `busbar_outbox`. */
  readonly table?: string
  /** Rows read at a time; default 200. */
  readonly batch?: number
  /** How often it looks without being woken, and how often one that stands by tries to take over; default 1,000. */
  readonly pollMs?: number
  /** How long the messages of a batch may wait for their receipts; default 30,000. */
  readonly publishTimeoutMs?: number
  /** How long close() waits for receipts, in ms; default 10,000. */
  readonly drainTimeoutMs?: number
  /** Closes the relay. */
  readonly signal?: AbortSignal
  readonly onTrouble?: (trouble: RelayTrouble) => void
  readonly clock?: Clock
  /** Spreads the delays between tries; default: the system's. */
  readonly random?: () => number
}

/** What went wrong. Nothing is lost by it; only a refused message needs somebody. */
export interface RelayTrouble {
  /** `refused`: a message was set aside. `publish`: a topic is tried again later. `database`: a new connection is made. */
  readonly what: 'refused' | 'publish' | 'database'
  readonly message: string
  readonly topic?: string
  readonly id?: string
  readonly error?: unknown
}

export interface Relay extends AsyncDisposable {
  /** `standby`: another relay empties this table. */
  readonly state: 'connecting' | 'standby' | 'active' | 'closed'
  /** Messages that this relay has sent and deleted. */
  readonly sent: number
  /** Settles when it has ended: with undefined after close(), else with why it cannot go on. Never rejects. */
  readonly ended: Promise<unknown>
  /** Begins nothing more, waits for the receipts on the way, deletes their rows, lets go of the lock. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts a relay that sends what was added and committed, with the ids it was added with, and deletes each row after
 * its receipt: at least once, and once where the topic has a dedupe window or the handler an inbox. INVALID_OPTION.
 */
export function relayOutbox(options: RelayOptions): Relay {
  const relay = new OutboxRelay(options)
  const { signal } = options
  const onAbort = (): void => void relay.close()
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  void relay.ended.then(() => signal?.removeEventListener('abort', onAbort))
  return relay
}

/** After the drain time: for deleting the rows whose receipts did arrive, in ms. */
const lastWordMs = 1_000

class OutboxRelay implements Relay {
  state: Relay['state'] = 'connecting'
  sent = 0
  readonly ended: Promise<unknown>
  readonly #options: RelayOptions
  readonly #clock: Clock
  readonly #topics: ReadonlyMap<string, AnyTopic>
  readonly #sql
  readonly #limits: { readonly batch: number; readonly pollMs: number; readonly publishTimeoutMs: number }
  readonly #drainTimeoutMs: number
  readonly #bell: Bell
  /** Of topics. */
  readonly #backoff: Backoff
  /** Of the database. */
  readonly #outage: Backoff
  /** Receipts arrived, but the rows could not be deleted yet. */
  #leftover: readonly string[] = []
  #isClosing = false
  #publishing = new AbortController()
  #session: RelaySession | undefined
  /** Ends without waiting for the database any longer. */
  #abandon = (): void => undefined

  constructor(options: RelayOptions) {
    const { batch = 200, pollMs = 1_000, publishTimeoutMs = 30_000, drainTimeoutMs = 10_000 } = options
    for (const [name, value] of Object.entries({ batch, pollMs, publishTimeoutMs, drainTimeoutMs }))
      requireWhole(name, value)
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#topics = new Map(
      options.contracts.flatMap((it) => Object.values(it)).map((topic) => [topic.name, topic]),
    )
    this.#sql = outboxSql(options.table)
    this.#limits = { batch, pollMs, publishTimeoutMs }
    this.#drainTimeoutMs = drainTimeoutMs
    this.#bell = new Bell(this.#clock)
    this.#backoff = new Backoff(this.#clock, options.random ?? systemRandom)
    this.#outage = new Backoff(this.#clock, options.random ?? systemRandom)
    const abandoned = new Promise<undefined>((resolve) => {
      this.#abandon = () => {
        this.#session?.end()
        resolve(undefined)
      }
    })
    this.ended = Promise.race([this.#run(), abandoned]).finally(() => {
      this.state = 'closed'
    })
  }

  async close(): Promise<void> {
    this.#isClosing = true
    this.#bell.ring()
    const timers = [
      this.#clock.after(this.#drainTimeoutMs, () => this.#publishing.abort(), { keepAlive: true }),
      this.#clock.after(this.#drainTimeoutMs + lastWordMs, () => this.#abandon(), { keepAlive: true }),
    ]
    await this.ended
    for (const timer of timers) timer.cancel()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run(): Promise<unknown> {
    while (!this.#isClosing) {
      this.state = 'connecting'
      try {
        const session = await openSession(this.#options.pool, this.#sql, () => this.#bell.ring())
        this.#session = session
        try {
          const reason = await this.#serve(session)
          if (reason !== undefined) return reason
        } finally {
          session.end()
        }
      } catch (error) {
        if (this.#isClosing) return undefined
        const waitMs = this.#outage.failed('database')
        this.#tell({ what: 'database', message: 'The connection of the outbox relay failed.', error })
        await this.#bell.wait(waitMs)
      }
    }
    return undefined
  }

  /** Resolves with why the relay cannot go on, or when it is to close. Rejects with what the database says. */
  async #serve(session: RelaySession): Promise<unknown> {
    while (!this.#isClosing) {
      if (!(await session.lock())) {
        this.state = 'standby'
        await this.#bell.wait(this.#limits.pollMs)
        continue
      }
      this.state = 'active'
      await this.#forget(session)
      const rows = await session.batch(this.#backoff.resting(), this.#limits.batch)
      this.#outage.worked('database')
      const result = await this.#send(session, rows)
      await this.#record(session, result)
      for (const { error } of result.failed.values()) if (isBusError(error, 'CLOSED')) return error
      if (rows.length < this.#limits.batch) await this.#bell.wait(this.#backoff.restMs(this.#limits.pollMs))
    }
    return undefined
  }

  async #send(session: RelaySession, rows: readonly OutboxRow[]): Promise<BatchResult> {
    const patience = new AbortController()
    const timer = this.#clock.after(this.#limits.publishTimeoutMs, () => patience.abort())
    const signal = AbortSignal.any([patience.signal, this.#publishing.signal])
    try {
      return await sendBatch(
        rows,
        (row) => sendRow(this.#options.bus, this.#topics, row, signal),
        () => session.isAlive && !this.#isClosing && !signal.aborted,
      )
    } finally {
      timer.cancel()
    }
  }

  async #record(session: RelaySession, { sent, refused, failed }: BatchResult): Promise<void> {
    this.#leftover = [...this.#leftover, ...sent.map(({ position }) => position)]
    for (const { topic } of sent) if (!failed.has(topic)) this.#backoff.worked(topic)
    for (const [topic, { row, error }] of failed) {
      const waitMs = Math.round(this.#backoff.failed(topic))
      const message = `Messages of "${topic}" could not be sent; they are tried again after ${waitMs} ms.`
      this.#tell({ what: 'publish', message, topic, id: row.id, error })
    }
    await this.#forget(session)
    for (const { row, reason } of refused) {
      await session.refuse(row.position, reason)
      const message = `Message ${row.id} of "${row.topic}" was set aside: ${reason}`
      this.#tell({ what: 'refused', message, topic: row.topic, id: row.id })
    }
  }

  async #forget(session: RelaySession): Promise<void> {
    await session.sent(this.#leftover)
    this.sent += this.#leftover.length
    this.#leftover = []
  }

  #tell(trouble: RelayTrouble): void {
    try {
      this.#options.onTrouble?.(trouble)
    } catch {
      // What a listener throws must not stop the relay.
    }
  }
}
