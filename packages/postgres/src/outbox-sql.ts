/** Every statement about the outbox table, in one place. */

import { type TableName, tableName } from './table-name.js'

/** The channel that commits notify on; the payload is the oid of the table. */
export const channel = 'busbar_outbox'

/** A row as the relay reads it. */
export interface OutboxRow {
  readonly position: string
  readonly id: string
  readonly topic: string
  readonly key: string | null
  readonly params: string | null
  readonly headers: string
  readonly payload: string
  readonly delayMs: number | null
  readonly priority: number | null
}

export type OutboxSql = ReturnType<typeof statements>

/** INVALID_OPTION for a table that cannot stand in SQL. */
export function outboxSql(table = 'busbar_outbox'): OutboxSql {
  return statements(tableName(table))
}

function statements({ sql: table, base }: TableName) {
  const oid = `'${table}'::regclass::oid`
  const insert = (before: readonly string[]): string => {
    const columns = 'topic, id, key, params, headers, payload, delay_ms, priority'
    const values = '$1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::float8, $8::smallint'
    if (before.length === 0) return `INSERT INTO ${table} (${columns}) VALUES (${values})`
    const steps = before.map((step, index) => `step${index} AS MATERIALIZED (SELECT ${step})`)
    const from = before.map((_, index) => `step${index}`).join(', ')
    // The row gets its position when it is made, which is after what it is made from: so after the lock is held.
    return `WITH ${steps.join(', ')} INSERT INTO ${table} (${columns}) SELECT ${values} FROM ${from}`
  }
  const bell = `pg_notify('${channel}', ${oid}::text)`
  const turn = `pg_advisory_xact_lock(hashtextextended($1::text || chr(10) || $3::text, ${oid}::bigint))`

  return {
    setup: [
      `CREATE TABLE IF NOT EXISTS ${table} (
         position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         id text NOT NULL,
         topic text NOT NULL,
         key text,
         params text,
         headers text NOT NULL,
         payload text NOT NULL,
         delay_ms float8,
         priority smallint,
         added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
         refused text)`,
      `CREATE INDEX IF NOT EXISTS "${base}_waiting" ON ${table} (position) WHERE refused IS NULL`,
    ],
    add: (notify: boolean) => insert(notify ? [bell] : []),
    addInTurn: (notify: boolean) => insert(notify ? [turn, bell] : [turn]),
    state: `SELECT count(*) FILTER (WHERE refused IS NULL)::text AS waiting,
        count(refused)::text AS refused,
        coalesce(extract(epoch FROM clock_timestamp() - min(added_at) FILTER (WHERE refused IS NULL)) * 1000, 0)::text
          AS "oldestMs"
      FROM ${table}`,
    refused: `SELECT id, topic, refused AS reason FROM ${table} WHERE refused IS NOT NULL ORDER BY position LIMIT 1000`,
    retry: `UPDATE ${table} SET refused = NULL WHERE refused IS NOT NULL AND ($1::text IS NULL OR id = $1::text)`,
    discard: `DELETE FROM ${table} WHERE refused IS NOT NULL AND id = $1::text`,

    /** Two numbers have locks of their own: no key's lock is ever the relay's. */
    lock: `SELECT pg_try_advisory_lock(4279002, ${oid}::int) AS held`,
    oid: `SELECT ${oid}::text AS oid`,
    batch: `SELECT position::text, id, topic, key, params, headers, payload, delay_ms AS "delayMs", priority
      FROM ${table} AS row WHERE refused IS NULL AND topic <> ALL ($1::text[])
      -- With the name of its table: alone it would be the text that is selected, and 10 comes before 9 there.
      ORDER BY row.position LIMIT $2`,
    sent: `DELETE FROM ${table} WHERE position = ANY ($1::bigint[])`,
    refuse: `UPDATE ${table} SET refused = $2::text WHERE position = $1::bigint`,
  }
}
