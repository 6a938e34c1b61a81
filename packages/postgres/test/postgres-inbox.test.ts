/** The inbox in PostgreSQL: writes and mark are one transaction, whoever else is at the same message. */

import { once } from '@busbar/inbox'
import { inboxCases } from '@busbar/inbox/testing'
import { contract, queue } from 'busbar'
import { createTestBus } from 'busbar/testing'
import type { Pool } from 'pg'
import { expect } from 'vitest'
import { z } from 'zod'
import { postgresInbox } from '../src/index.js'
import { database, onPostgres } from './database.js'

const shop = contract('shop', {
  pack: queue(z.object({ sku: z.string() }), { retry: { attempts: 3, initialMs: 1 } }),
})

async function scene() {
  const db = await database()
  const inbox = postgresInbox(db.pool)
  await inbox.setup(db.pool)
  await db.pool.query('CREATE TABLE packed (sku text)')
  return { ...db, inbox, packed: () => packedIn(db.pool) }
}

async function packedIn(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ sku: string }>('SELECT sku FROM packed')
  return rows.map(({ sku }) => sku)
}

for (const { name, run } of inboxCases) {
  onPostgres(`D1 ${name}`, async () => {
    const { inbox } = await scene()
    await run(inbox)
  })
}

onPostgres('D1 writes of a handler that throws are undone, and the message comes again', async () => {
  const { inbox, packed } = await scene()
  await using bus = await createTestBus({ service: 'shop' })
  await bus.work(
    shop.pack,
    once(inbox, { group: 'g' }, async ({ sku }, ctx, tx) => {
      await tx.query('INSERT INTO packed VALUES ($1)', [`${sku} at ${ctx.attempt}`])
      if (ctx.attempt < 3) throw new Error('no tape')
    }),
  )
  await bus.send(shop.pack, { sku: 'lamp' })
  await bus.settled({ advance: true })
  expect(await packed()).toEqual(['lamp at 3'])
})

onPostgres('F58 concurrent deliveries of one message, from two pools, write once', async () => {
  const { inbox, another, packed } = await scene()
  const other = postgresInbox(another())
  const pack = (store: typeof inbox) =>
    store.run('g shop.pack', '1', async (tx) => {
      await tx.query("INSERT INTO packed VALUES ('lamp')")
    })
  const results = await Promise.all(Array.from({ length: 16 }, (_, n) => pack(n % 2 === 0 ? inbox : other)))
  expect(results.filter(Boolean).length).toBe(1)
  expect(await packed()).toEqual(['lamp'])
})

onPostgres('D1 a query whose error the handler hides commits nothing and leaves no mark', async () => {
  const { inbox, packed } = await scene()
  const hiding = inbox.run('s', '1', async (tx) => {
    await tx.query("INSERT INTO packed VALUES ('lamp')")
    await tx.query('SELECT 1 / 0').catch(() => undefined)
  })
  await expect(hiding).rejects.toThrow(/rolled back/)
  expect(await packed()).toEqual([])
  expect(await inbox.run('s', '1', async () => undefined)).toBe(true)
})

onPostgres('D1 deadlocks and failed serializations are thrown, and the next try succeeds', async () => {
  const { inbox, pool, packed } = await scene()
  await pool.query("INSERT INTO packed VALUES ('a'), ('b')")
  let locked = 0
  let bothLocked = (): void => undefined
  const both = new Promise<void>((resolve) => (bothLocked = resolve))
  const attempt = (id: string, first: string, second: string) =>
    inbox.run('s', id, async (tx) => {
      await tx.query('SELECT 1 FROM packed WHERE sku = $1 FOR UPDATE', [first])
      locked += 1
      if (locked === 2) bothLocked()
      await both
      await tx.query('SELECT 1 FROM packed WHERE sku = $1 FOR UPDATE', [second])
    })
  const ends = await Promise.allSettled([attempt('1', 'a', 'b'), attempt('2', 'b', 'a')])
  const failed = ends.filter((end) => end.status === 'rejected')
  expect(failed.map(({ reason }) => reason.code)).toEqual(['40P01'])
  const again = ends[0].status === 'rejected' ? '1' : '2'
  expect(await inbox.run('s', again, async () => undefined)).toBe(true)
  expect(await inbox.run('s', again === '1' ? '2' : '1', async () => undefined)).toBe(false)
  expect(await packed()).toHaveLength(2)
})

onPostgres(
  'D1 a connection that breaks under a handler undoes its writes and harms nobody else',
  async () => {
    const { inbox, pool, packed } = await scene()
    const breaking = inbox.run('s', '1', async (tx) => {
      await tx.query("INSERT INTO packed VALUES ('lamp')")
      const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      const broken = new Promise<void>((resolve) => tx.once('end', resolve))
      await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
      await broken
    })
    await expect(breaking).rejects.toThrow()
    expect(await packed()).toEqual([])
    expect(await inbox.run('s', '1', async () => undefined)).toBe(true)
    expect(pool.idleCount).toBe(pool.totalCount)
  },
)

onPostgres('F61 marks go after keepMs, a portion at a time', async () => {
  const { inbox, pool } = await scene()
  const short = postgresInbox(pool, { keepMs: 3_600_000 })
  await pool.query(
    `INSERT INTO busbar_inbox SELECT 's', n::text, now() - interval '2 hours' FROM generate_series(1, 1500) n`,
  )
  await inbox.run('s', 'young', async () => undefined)
  const count = async () => (await pool.query('SELECT count(*)::int AS n FROM busbar_inbox')).rows[0].n
  expect(await count()).toBe(1_501)
  await short.run('s', 'fresh', async () => undefined)
  expect(await count()).toBe(502)
  for (let n = 0; n < 100; n += 1) await short.run('s', 'young', async () => undefined)
  expect(await count()).toBe(2)
})

onPostgres('F80 setup can be done by many at once and again; a table name cannot carry SQL', async () => {
  const { inbox, pool } = await scene()
  const other = postgresInbox(pool, { table: 'other_inbox' })
  await Promise.all([1, 2, 3, 4].map(() => other.setup(pool)))
  await inbox.setup(pool)
  for (const table of ['a; DROP TABLE packed', 'A', 'a.b.c', '']) {
    expect(() => postgresInbox(pool, { table })).toThrow(/INVALID_OPTION/)
  }
})
