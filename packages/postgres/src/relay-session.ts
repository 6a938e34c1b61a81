/** One connection of a relay: its lock, what it hears, and its end. */

import type { ClientBase, Pool, PoolClient } from 'pg'
import { channel, type OutboxRow, type OutboxSql } from './outbox-sql.js'

/** Makes the server notice within half a minute that the relay's machine is gone, and free the lock. */
const keepAlive = `SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4;
  SET application_name = 'busbar outbox relay'`

/** A connection that may hold the lock; once it is broken it stays so. */
export interface RelaySession {
  readonly isAlive: boolean
  /** True from then on when this relay is the one that sends. */
  lock(): Promise<boolean>
  /** The next rows in line, without those of some topics. */
  batch(without: readonly string[], limit: number): Promise<readonly OutboxRow[]>
  /** Deletes rows whose receipts arrived. */
  sent(positions: readonly string[]): Promise<void>
  refuse(position: string, reason: string): Promise<void>
  /** Breaks the connection, also under a running query, and with it the lock. Idempotent. */
  end(): void
}

/** `onWake` is called when there is something to look at: a commit, or that the connection broke. */
export async function openSession(
  pool: Pick<Pool, 'connect'>,
  sql: OutboxSql,
  onWake: () => void,
): Promise<RelaySession> {
  const client = await pool.connect()
  const session = sessionOn(client, sql, onWake)
  try {
    await client.query(keepAlive)
    return session
  } catch (error) {
    session.end()
    throw error
  }
}

/** Only for the one that sends: those who stand by have nothing to hear. */
async function listen(client: ClientBase, sql: OutboxSql, onWake: () => void): Promise<void> {
  const { rows } = await client.query<{ oid: string }>(sql.oid)
  const oid = rows[0]?.oid
  client.on('notification', ({ payload }) => {
    if (payload === oid) onWake()
  })
  await client.query(`LISTEN ${channel}`)
}

function sessionOn(client: PoolClient, sql: OutboxSql, onWake: () => void): RelaySession {
  let isAlive = true
  let isHolder = false
  let isReleased = false
  // Stays for good: a connection that is being torn down may fail once more.
  client.on('error', () => {
    isAlive = false
    onWake()
  })
  return {
    get isAlive() {
      return isAlive
    },
    async lock() {
      if (isHolder) return true
      const { rows } = await client.query<{ held: boolean }>(sql.lock)
      if (rows[0]?.held !== true) return false
      await listen(client, sql, onWake)
      isHolder = true
      return true
    },
    async batch(without, limit) {
      const { rows } = await client.query<OutboxRow>(sql.batch, [without, limit])
      return rows
    },
    async sent(positions) {
      if (positions.length > 0) await client.query(sql.sent, [positions])
    },
    async refuse(position, reason) {
      await client.query(sql.refuse, [position, reason])
    },
    end() {
      isAlive = false
      if (isReleased) return
      isReleased = true
      client.removeAllListeners('notification')
      client.release(true)
    },
  }
}
