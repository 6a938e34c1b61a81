/** An inbox in PostgreSQL: the handler's writes and the mark of its message are one transaction. */

import type { InboxStore } from '@busbar/inbox'
import type { Pool, PoolClient } from 'pg'
import type { Queryable } from './queryable.js'
import { createTables } from './setup.js'
import { requireWhole, tableName } from './table-name.js'

export interface PostgresInboxOptions {
  /** `table` or `schema.table`; default `busbar_inbox`. */
  readonly table?: string
  /** How long an id is remembered at least, in ms by the database's clock; default 604,800,000 (a week). */
  readonly keepMs?: number
}

/** Effects write with the client they are handed; it is in a transaction that they neither begin nor end. */
export interface PostgresInbox extends InboxStore<PoolClient> {
  /** Creates the table and its index unless they are there. */
  setup(client: Queryable): Promise<void>
}

/** Marks older than `keepMs` go in small portions: up to this many, at one in this many runs. */
const portion = { marks: 1_000, runs: 100 }

/**
 * Gives an inbox that keeps its marks in a table. Each `run` takes one client of the pool. What PostgreSQL says of a
 * query, a deadlock or a failed serialization too, is thrown as it is: then nothing was written and the message is
 * handled again. INVALID_OPTION.
 */
export function postgresInbox(
  pool: Pick<Pool, 'connect'>,
  options: PostgresInboxOptions = {},
): PostgresInbox {
  const { keepMs = 604_800_000 } = options
  const table = tableName(options.table ?? 'busbar_inbox')
  requireWhole('keepMs', keepMs)
  let runs = 0

  async function prune(client: PoolClient): Promise<void> {
    await client.query(
      `DELETE FROM ${table.sql} WHERE (scope, id) IN (
         SELECT scope, id FROM ${table.sql} WHERE done_at < clock_timestamp() - $1::float8 * interval '1 millisecond'
         ORDER BY done_at LIMIT ${portion.marks} FOR UPDATE SKIP LOCKED)`,
      [keepMs],
    )
  }

  /** Waits here while another transaction is at the same message, until that one has ended. */
  async function mark(client: PoolClient, scope: string, id: string): Promise<boolean> {
    const { rowCount } = await client.query(
      `INSERT INTO ${table.sql} (scope, id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      [scope, id],
    )
    return rowCount === 1
  }

  async function transact(client: PoolClient, work: () => Promise<boolean>): Promise<boolean> {
    await client.query('BEGIN')
    const result = await work()
    const { command } = await client.query('COMMIT')
    // So PostgreSQL answers when a query of the transaction failed and the handler did not let its error through.
    if (command !== 'COMMIT')
      throw new Error('The transaction was rolled back: one of its queries had failed.')
    return result
  }

  return {
    async run(scope, id, effect) {
      const client = await pool.connect()
      let broken: Error | undefined
      const onError = (error: Error): void => {
        broken = error
      }
      // Without a listener a connection that breaks while no query runs would end the process.
      client.on('error', onError)
      try {
        if (runs++ % portion.runs === 0) await prune(client)
        return await transact(client, async () => {
          const isFirst = await mark(client, scope, id)
          if (isFirst) await effect(client)
          return isFirst
        })
      } catch (error) {
        // A connection that cannot even roll back is given up; the server rolls back then.
        await client.query('ROLLBACK').catch(onError)
        throw error
      } finally {
        client.removeListener('error', onError)
        client.release(broken)
      }
    },
    setup: (client) =>
      createTables(client, [
        `CREATE TABLE IF NOT EXISTS ${table.sql} (
           scope text NOT NULL,
           id text NOT NULL,
           done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
           PRIMARY KEY (scope, id))`,
        `CREATE INDEX IF NOT EXISTS "${table.base}_done_at" ON ${table.sql} (done_at)`,
      ]),
  }
}
