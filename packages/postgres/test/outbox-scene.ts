/** What the tests of the outbox share: a contract, a table, relays, and what arrived. */

import {
  type Bus,
  type BusOptions,
  type Connect,
  contract,
  createBus,
  event,
  memory,
  queue,
  stream,
} from 'busbar'
import type { Pool } from 'pg'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import {
  postgresOutbox,
  type Relay,
  type RelayOptions,
  type RelayTrouble,
  relayOutbox,
} from '../src/index.js'
import { type Database, database } from './database.js'

export const shop = contract('shop', {
  placed: event(z.object({ order: z.string(), n: z.int() }), {
    path: '{country}',
    key: ({ order }) => order,
    retry: { attempts: 3, initialMs: 10 },
    dedupeMs: 600_000,
  }),
  plain: queue(z.object({ n: z.int() })),
  log: stream(z.object({ n: z.int() }), { dedupeMs: 600_000 }),
})

export const nl = { params: { country: 'nl' } } as const

export interface OutboxScene extends Database {
  readonly outbox: ReturnType<typeof postgresOutbox>
  readonly connect: Connect
  /** Rows that wait. */
  waiting(): Promise<number>
  /** Resolves when the table is empty of rows that wait. */
  emptied(): Promise<void>
  bus(options?: Partial<BusOptions>): Promise<Bus>
  relay(bus: Bus, options?: Partial<RelayOptions>): Relay & { readonly troubles: readonly RelayTrouble[] }
}

/** A table of its own and a broker in memory. */
export async function outboxScene(connect: Connect = memory()): Promise<OutboxScene> {
  const db = await database()
  const outbox = postgresOutbox()
  await outbox.setup(db.pool)
  const waiting = async (): Promise<number> => (await outbox.state(db.pool)).waiting
  return {
    ...db,
    outbox,
    connect,
    waiting,
    emptied: () => until(async () => (await waiting()) === 0),
    async bus(options = {}) {
      const bus = await createBus({ service: 'shop', transport: connect, drainTimeoutMs: 100, ...options })
      onTestFinished(() => bus.close())
      return bus
    },
    relay(bus, options = {}) {
      const troubles: RelayTrouble[] = []
      const relay = relayOutbox({
        pool: db.pool,
        bus,
        contracts: [shop],
        pollMs: 50,
        onTrouble: (trouble) => troubles.push(trouble),
        ...options,
      })
      onTestFinished(() => relay.close())
      return Object.assign(relay, { troubles })
    },
  }
}

/** Resolves when `holds` does; each look is a round of I/O. */
export async function until(holds: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const end = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not so within ${ms} ms: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Backends of relays of this test; the server's view of who is connected. */
export async function relayBackends(pool: Pool): Promise<number[]> {
  const { rows } = await pool.query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 4279002
       AND objid = 'busbar_outbox'::regclass::oid AND granted`,
  )
  return rows.map(({ pid }) => pid)
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
