/** What add() writes: checked at once, in the caller's transaction, and nothing of it otherwise. */

import { expect } from 'vitest'
import { onPostgres, transaction } from './database.js'
import { nl, outboxScene, shop, until, upTo } from './outbox-scene.js'

onPostgres('D1 what is committed is sent with the id, key, path and headers of its adding', async () => {
  const { pool, outbox, bus, relay, emptied } = await outboxScene()
  const shopBus = await bus()
  const got: unknown[] = []
  await shopBus.subscribe(shop.placed, (value, { id, key, params, headers, source }) => {
    got.push({ value, id, key, params, who: headers.who, correlation: headers.correlationid, source })
  })
  const cause = { id: 'm1', correlationId: 'c1', headers: {} }
  const id = await transaction(pool, (client) =>
    outbox.add(client, shop.placed, { order: 'o1', n: 1 }, { ...nl, headers: { who: 'me' }, cause }),
  )
  const running = relay(shopBus)
  await emptied()
  await until(() => got.length === 1)
  const params = { country: 'nl' }
  const value = { order: 'o1', n: 1 }
  expect(got).toEqual([{ value, id, key: 'o1', params, who: 'me', correlation: 'c1', source: 'shop' }])
  await until(() => running.sent === 1)
})

onPostgres('D1 what is rolled back is never sent', async () => {
  const { pool, outbox, bus, relay, emptied } = await outboxScene()
  const shopBus = await bus()
  const got: number[] = []
  await shopBus.work(shop.plain, ({ n }) => void got.push(n))
  relay(shopBus)
  const failing = transaction(pool, async (client) => {
    await outbox.add(client, shop.plain, { n: 1 })
    throw new Error('the order is refused')
  })
  await expect(failing).rejects.toThrow('the order is refused')
  await transaction(pool, (client) => outbox.add(client, shop.plain, { n: 2 }))
  await emptied()
  await until(() => got.length > 0)
  expect(got).toEqual([2])
})

onPostgres('C1 a payload that does not fit is refused by add, and the transaction lives on', async () => {
  const { pool, outbox, waiting } = await outboxScene()
  await transaction(pool, async (client) => {
    const wrong = { n: 'one' } as never
    await expect(outbox.add(client, shop.plain, wrong)).rejects.toMatchObject({
      code: 'SCHEMA_INVALID',
      details: { topic: 'shop.plain', issues: [{ path: 'n' }] },
    })
    await expect(outbox.add(client, shop.plain, { n: 1 }, { priority: 3 })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
    await expect(
      outbox.add(client, shop.placed, { order: 'a', n: 1 }, { params: { country: '' } }),
    ).rejects.toMatchObject({ code: 'INVALID_TOPIC' })
    await outbox.add(client, shop.plain, { n: 2 })
  })
  expect(await waiting()).toBe(1)
})

onPostgres('D1 the kinds of topic go out by their verbs, and a delay counts from then', async () => {
  const { pool, outbox, bus, relay, emptied } = await outboxScene()
  const shopBus = await bus()
  await shopBus.subscribe(shop.placed, () => undefined)
  await transaction(pool, async (client) => {
    await outbox.add(client, shop.plain, { n: 1 }, { delayMs: 3_600_000 })
    await outbox.add(client, shop.log, { n: 2 }, { id: 'mine' })
    await outbox.add(client, shop.placed, { order: 'o', n: 3 }, nl)
  })
  relay(shopBus)
  await emptied()
  expect(await shopBus.inspect(shop.plain)).toMatchObject({ received: 1, done: 0, delayed: 1 })
  const records: unknown[] = []
  for await (const { value, ctx } of shopBus.replay(shop.log, { to: 'now' })) records.push([value.n, ctx.id])
  expect(records).toEqual([[2, 'mine']])
  expect(await shopBus.inspect(shop.placed)).toMatchObject({ received: 1 })
})

onPostgres(
  'F54 writers of one key take turns until they have committed; other keys do not wait',
  async () => {
    const { pool, outbox, waiting } = await outboxScene()
    const first = await pool.connect()
    await first.query('BEGIN')
    await outbox.add(first, shop.placed, { order: 'a', n: 1 }, nl)
    await transaction(pool, (client) => outbox.add(client, shop.placed, { order: 'b', n: 2 }, nl))
    let isSecondDone = false
    const second = transaction(pool, (client) =>
      outbox.add(client, shop.placed, { order: 'a', n: 3 }, nl),
    ).then(() => {
      isSecondDone = true
    })
    await until(async () => {
      const { rows } = await pool.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
      return rows.length > 0
    })
    expect(isSecondDone).toBe(false)
    expect(await waiting()).toBe(1)
    await first.query('COMMIT')
    first.release()
    await second
    const { rows } = await pool.query<{ n: string }>(
      "SELECT payload::json ->> 'n' AS n FROM busbar_outbox WHERE key = 'a' ORDER BY position",
    )
    expect(rows.map(({ n }) => n)).toEqual(['1', '3'])
  },
)

onPostgres('D1 state tells how much waits and for how long', async () => {
  const { pool, outbox } = await outboxScene()
  expect(await outbox.state(pool)).toEqual({ waiting: 0, refused: 0, oldestMs: 0 })
  await transaction(pool, async (client) => {
    for (const n of upTo(3)) await outbox.add(client, shop.plain, { n })
  })
  await pool.query("UPDATE busbar_outbox SET added_at = now() - interval '1 minute'")
  const { waiting, oldestMs } = await outbox.state(pool)
  expect(waiting).toBe(3)
  expect(oldestMs).toBeGreaterThanOrEqual(60_000)
})
