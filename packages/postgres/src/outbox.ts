/** The outbox: messages are written in the transaction of what they tell about, and sent once that is committed. */

import type { MessageFacts } from 'busbar'
import {
  type Clock,
  createIds,
  draftMessage,
  type Options,
  type PublishOptions,
  type SendOptions,
  systemClock,
  systemRandom,
  type Topic,
} from 'busbar/transport'
import type { ClientBase } from 'pg'
import { outboxSql } from './outbox-sql.js'
import type { Queryable } from './queryable.js'
import { createTables } from './setup.js'

export interface OutboxOptions {
  /** `table` or `schema.table`; default `busbar_outbox`. */
  readonly table?: string
  /** Wakes the relay at each commit; default true. PostgreSQL lets commits that notify take turns. */
  readonly notify?: boolean
  readonly clock?: Clock
  /** For ids; default: the system's. */
  readonly random?: () => number
}

/** A client in a transaction of the caller; a pool has only half of it, since each of its queries stands alone. */
type Client = Pick<ClientBase, 'query' | 'escapeLiteral'>
type Sendable = 'event' | 'queue' | 'stream'

/** As of the verb that will send the message; a delay counts from then. */
export type AddOptions<K extends Sendable> = Omit<
  K extends 'queue' ? SendOptions : PublishOptions,
  'signal'
> & {
  /** The message that this one is a consequence of, as the verbs of a handler's context carry it on. */
  readonly cause?: Pick<MessageFacts<string>, 'id' | 'correlationId' | 'headers'>
}

/** How much is in the table. */
export interface OutboxState {
  readonly waiting: number
  readonly refused: number
  /** Age of the oldest that waits, in ms; 0 when none does. */
  readonly oldestMs: number
}

/** A message that the relay set aside, and why. */
export interface RefusedMessage {
  readonly id: string
  readonly topic: string
  readonly reason: string
}

export interface PostgresOutbox {
  /** Creates the table and its index unless they are there. */
  setup(client: Queryable): Promise<void>
  /**
   * Adds a message to the caller's transaction and gives its id, which it keeps for ever. Rejects at once with what the
   * verb would reject with before sending: SCHEMA_INVALID, UNENCODABLE, INVALID_OPTION and so on; the transaction is as
   * before then. Two transactions that add to one key of a topic take turns: the second waits in `add` until the first
   * has ended, so that messages of a key are sent in the order of their commits.
   */
  add<K extends Sendable, In, Out, P extends string = never>(
    client: Client,
    topic: Topic<K, In, Out, P>,
    value: NoInfer<In>,
    ...options: Options<P, AddOptions<K>>
  ): Promise<string>
  state(client: Queryable): Promise<OutboxState>
  /** The first thousand messages set aside, oldest first. */
  refused(client: Queryable): Promise<readonly RefusedMessage[]>
  /** Puts messages that were set aside back in line, all or those with this id; gives how many. */
  retry(client: Queryable, id?: string): Promise<number>
  /** Deletes messages with this id that were set aside; gives how many. */
  discard(client: Queryable, id: string): Promise<number>
}

/** Gives the outbox in a table. The relay that empties it is {@link relayOutbox}. INVALID_OPTION. */
export function postgresOutbox(options: OutboxOptions = {}): PostgresOutbox {
  const { notify = true, clock = systemClock, random = systemRandom } = options
  const sql = outboxSql(options.table)
  const host = { clock, makeId: createIds(clock, random) }

  return {
    setup: (client) => createTables(client, sql.setup),
    async add(client, topic, value, ...[given]) {
      // Without params the caller's options are optional; what they may hold is checked by name below.
      const { cause, ...rest } = (given ?? {}) as AddOptions<'queue'> & {
        readonly params?: Readonly<Record<string, string>>
      }
      const headers = { ...(cause === undefined ? {} : consequenceOf(cause)), ...rest.headers }
      const draft = await draftMessage(topic, value, { ...rest, headers }, host)
      await client.query(draft.key === undefined ? sql.add(notify) : sql.addInTurn(notify), [
        topic.name,
        draft.id,
        draft.key ?? null,
        rest.params === undefined ? null : JSON.stringify(rest.params),
        JSON.stringify(draft.headers),
        draft.payload,
        rest.delayMs ?? null,
        rest.priority ?? null,
      ])
      return draft.id
    },
    async state(client) {
      const { rows } = await client.query(sql.state)
      const [row] = rows
      return {
        waiting: Number(row?.waiting ?? 0),
        refused: Number(row?.refused ?? 0),
        oldestMs: Number(row?.oldestMs ?? 0),
      }
    },
    async refused(client) {
      const { rows } = await client.query(sql.refused)
      return rows.map(({ id, topic, reason }) => ({
        id: String(id),
        topic: String(topic),
        reason: String(reason),
      }))
    },
    async retry(client, id) {
      const { rowCount } = await client.query(sql.retry, [id ?? null])
      return rowCount ?? 0
    },
    async discard(client, id) {
      const { rowCount } = await client.query(sql.discard, [id])
      return rowCount ?? 0
    },
  }
}

/** What travels from a message to those it causes. */
function consequenceOf(cause: Pick<MessageFacts<string>, 'id' | 'correlationId' | 'headers'>) {
  const traced = ['traceparent', 'tracestate'].flatMap((name) => {
    const value = cause.headers[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { correlationid: cause.correlationId, causationid: cause.id, ...Object.fromEntries(traced) }
}
