/** The relay: nothing lost, nothing overtaken within a key, one at a time, whatever breaks. */

import type { BusMiddleware } from 'busbar'
import { expect } from 'vitest'
import { onPostgres, transaction } from './database.js'
import { nl, type OutboxScene, outboxScene, relayBackends, shop, until, upTo } from './outbox-scene.js'

/** Adds `count` messages of one key, each in a transaction of its own. */
async function addOrders({ pool, outbox }: OutboxScene, order: string, count: number): Promise<void> {
  for (const n of upTo(count)) {
    await transaction(pool, (client) => outbox.add(client, shop.placed, { order, n }, nl))
  }
}

/** What arrives at a group, by key. */
async function listen(scene: OutboxScene): Promise<Map<string, number[]>> {
  const got = new Map<string, number[]>()
  const bus = await scene.bus({ service: 'reader' })
  await bus.subscribe(shop.placed, ({ order, n }) => {
    got.set(order, [...(got.get(order) ?? []), n])
  })
  return got
}

onPostgres(
  'F54 concurrent writers of shared keys: each key arrives complete and in the order of commits',
  async () => {
    const scene = await outboxScene()
    const { pool, outbox } = scene
    const got = await listen(scene)
    scene.relay(await scene.bus())
    await pool.query('CREATE TABLE counters AS SELECT k, 0 AS n FROM unnest($1::text[]) k', [
      ['a', 'b', 'c', 'd'],
    ])
    const writer = async (seed: number): Promise<void> => {
      for (const step of upTo(40)) {
        const order = 'abcd'[(seed * 7 + step * 3) % 4] ?? 'a'
        await transaction(pool, async (client) => {
          const { rows } = await client.query<{ n: number }>(
            'UPDATE counters SET n = n + 1 WHERE k = $1 RETURNING n',
            [order],
          )
          await outbox.add(client, shop.placed, { order, n: rows[0]?.n ?? 0 }, nl)
          // Others commit before this one, in an order that nobody chose.
          await outbox.add(client, shop.plain, { n: step })
          if ((seed + step) % 3 === 0) await client.query('SELECT pg_sleep(0.003)')
        })
      }
    }
    await Promise.all(upTo(8).map(writer))
    await scene.emptied()
    await until(() => [...got.values()].flat().length === 320)
    for (const numbers of got.values()) expect(numbers).toEqual(upTo(numbers.length).map((n) => n + 1))
  },
)

onPostgres('D1 a row that commits after later rows were sent is sent too', async () => {
  const scene = await outboxScene()
  const { pool, outbox } = scene
  const got = await listen(scene)
  scene.relay(await scene.bus())
  const late = await pool.connect()
  await late.query('BEGIN')
  await outbox.add(late, shop.placed, { order: 'late', n: 0 }, nl)
  await addOrders(scene, 'early', 5)
  await until(() => got.get('early')?.length === 5)
  expect(got.has('late')).toBe(false)
  await late.query('COMMIT')
  late.release()
  await until(() => got.get('late')?.length === 1)
})

onPostgres(
  'F57 a relay whose connection is killed between receipt and delete makes no second copy',
  async () => {
    const scene = await outboxScene()
    const got = await listen(scene)
    let kills = 0
    const killing: BusMiddleware = async (_crossing, next) => {
      const receipt = await next()
      for (const pid of await relayBackends(scene.pool)) {
        if (kills >= 3) break
        kills += 1
        await scene.pool.query('SELECT pg_terminate_backend($1)', [pid])
      }
      return receipt
    }
    await addOrders(scene, 'a', 20)
    const relay = scene.relay(await scene.bus({ middleware: [killing] }), { pool: scene.another(), batch: 5 })
    await scene.emptied()
    await until(() => got.get('a')?.length === 20)
    expect(kills).toBe(3)
    expect(got.get('a')).toEqual(upTo(20))
    expect(relay.troubles.some(({ what }) => what === 'database')).toBe(true)
    await until(() => relay.sent === 20)
  },
)

onPostgres('F57 another relay sends again what was not deleted, with the same ids: one copy', async () => {
  const scene = await outboxScene()
  const got = await listen(scene)
  await addOrders(scene, 'a', 10)
  const bus = await scene.bus()
  const { rows } = await scene.pool.query<{ id: string; payload: string }>(
    'SELECT id, payload FROM busbar_outbox ORDER BY position LIMIT 4',
  )
  // As a relay that died after these receipts.
  for (const { id, payload } of rows) await bus.publish(shop.placed, JSON.parse(payload), { ...nl, id })
  scene.relay(bus)
  await scene.emptied()
  await until(() => (got.get('a')?.length ?? 0) >= 10)
  expect(got.get('a')).toEqual(upTo(10))
  expect(await bus.inspect(shop.placed)).toMatchObject({ received: 10, dedupeConflicts: 0 })
})

onPostgres('D1 of two relays one sends; when its connection dies the other takes over', async () => {
  const scene = await outboxScene()
  const got = await listen(scene)
  const bus = await scene.bus()
  const first = scene.relay(bus, { pool: scene.another() })
  await until(() => first.state === 'active')
  const second = scene.relay(bus, { pool: scene.another() })
  await until(() => second.state === 'standby')
  await addOrders(scene, 'a', 5)
  await scene.emptied()
  expect([first.sent, second.sent]).toEqual([5, 0])
  await first.close()
  await until(() => second.state === 'active')
  await addOrders(scene, 'b', 5)
  await until(() => got.get('b')?.length === 5)
  const third = scene.relay(bus, { pool: scene.another() })
  await until(() => third.state === 'standby')
  const [pid] = await relayBackends(scene.pool)
  await scene.pool.query('SELECT pg_terminate_backend($1)', [pid])
  await addOrders(scene, 'c', 5)
  await until(() => got.get('c')?.length === 5)
  expect(await relayBackends(scene.pool)).toHaveLength(1)
  expect(got.get('c')).toEqual(upTo(5))
})

onPostgres(
  'D1 10,000 rows are sent once each, in order of their keys',
  async () => {
    const scene = await outboxScene()
    const { pool, outbox } = scene
    const got = await listen(scene)
    await transaction(pool, async (client) => {
      for (const n of upTo(10_000)) {
        await outbox.add(client, shop.placed, { order: `k${n % 50}`, n: Math.floor(n / 50) }, nl)
      }
    })
    const relay = scene.relay(await scene.bus())
    await until(() => [...got.values()].flat().length === 10_000)
    await until(() => relay.sent === 10_000)
    for (const numbers of got.values()) expect(numbers).toEqual(upTo(200))
    expect(await scene.waiting()).toBe(0)
  },
  60_000,
)

onPostgres('F62 rows that can never be sent are set aside with the reason; the others go on', async () => {
  const scene = await outboxScene()
  const { pool, outbox } = scene
  const got = await listen(scene)
  await addOrders(scene, 'a', 3)
  const old = (topic: string, payload: string) =>
    pool.query(
      "INSERT INTO busbar_outbox (topic, id, headers, payload, params) VALUES ($1, 'p', '{}', $2, $3)",
      [topic, payload, '{"country":"nl"}'],
    )
  await old('shop.placed', '{"order":7}')
  await old('shop.gone', '{}')
  await old('shop.placed', 'no json')
  await addOrders(scene, 'b', 3)
  const relay = scene.relay(await scene.bus())
  await scene.emptied()
  await until(() => got.get('b')?.length === 3)
  await until(() => relay.troubles.length === 3)
  expect(relay.troubles.map(({ what, id }) => [what, id])).toEqual(upTo(3).map(() => ['refused', 'p']))
  expect(await outbox.state(pool)).toMatchObject({ waiting: 0, refused: 3 })
  const reasons = (await outbox.refused(pool)).map(({ topic, reason }) => `${topic} ${reason}`)
  expect(reasons[0]).toMatch(/^shop\.placed SCHEMA_INVALID.*order/)
  expect(reasons[1]).toMatch(/^shop\.gone No contract/)
  expect(reasons[2]).toMatch(/^shop\.placed UNENCODABLE/)
  await pool.query(`UPDATE busbar_outbox SET payload = '{"order":"c","n":0}' WHERE topic = 'shop.placed'`)
  expect(await outbox.retry(pool, 'p')).toBe(3)
  await until(() => got.get('c')?.length === 1)
  await until(async () => (await outbox.state(pool)).refused === 1)
  expect(await outbox.discard(pool, 'p')).toBe(1)
})

onPostgres(
  'F54 a topic that fails is tried again without loss or overtaking, and does not stop others',
  async () => {
    const scene = await outboxScene()
    const { pool, outbox } = scene
    const got = await listen(scene)
    let failures = 0
    let isMended = false
    const failing: BusMiddleware = (crossing, next) => {
      if (crossing.topic === shop.placed && !isMended && crossing.headers.flaky === 'yes') {
        failures += 1
        return Promise.reject(new TypeError('fetch failed'))
      }
      return next()
    }
    const bus = await scene.bus({ middleware: [failing] })
    await addOrders(scene, 'a', 2)
    await transaction(pool, (client) =>
      outbox.add(client, shop.placed, { order: 'a', n: 2 }, { ...nl, headers: { flaky: 'yes' } }),
    )
    for (const n of [3, 4]) {
      await transaction(pool, (client) => outbox.add(client, shop.placed, { order: 'a', n }, nl))
    }
    await transaction(pool, (client) => outbox.add(client, shop.plain, { n: 1 }))
    const relay = scene.relay(bus, { batch: 3 })
    await until(() => failures >= 3)
    expect(await bus.inspect(shop.plain)).toMatchObject({ received: 1 })
    expect(got.get('a')).toEqual([0, 1])
    expect(relay.troubles[0]).toMatchObject({ what: 'publish', topic: 'shop.placed' })
    isMended = true
    await until(() => got.get('a')?.length === 5)
    expect(got.get('a')).toEqual(upTo(5))
  },
)

onPostgres(
  'F87 close() waits for the receipts on the way and deletes their rows; nothing more is begun',
  async () => {
    const scene = await outboxScene()
    let begun = 0
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const slow: BusMiddleware = async (_crossing, next) => {
      begun += 1
      await gate
      return next()
    }
    await addOrders(scene, 'a', 3)
    const relay = scene.relay(await scene.bus({ middleware: [slow] }))
    await until(() => begun === 1)
    const closing = relay.close()
    open()
    await closing
    expect(begun).toBe(1)
    expect(relay.sent).toBe(1)
    expect(await scene.waiting()).toBe(2)
    expect(relay.state).toBe('closed')
    expect(await relayBackends(scene.pool)).toEqual([])
    await relay.close()
  },
)

onPostgres('F87 close() gives up receipts that do not come in time; their rows stay', async () => {
  const scene = await outboxScene()
  let begun = 0
  const stuck: BusMiddleware = () => {
    begun += 1
    return new Promise(() => undefined)
  }
  await addOrders(scene, 'a', 2)
  const abort = new AbortController()
  const relay = scene.relay(await scene.bus({ middleware: [stuck] }), {
    drainTimeoutMs: 20,
    signal: abort.signal,
  })
  await until(() => begun === 1)
  abort.abort()
  expect(await relay.ended).toBe(undefined)
  expect(await scene.waiting()).toBe(2)
})

onPostgres('F88 a relay whose bus was closed ends and says so', async () => {
  const scene = await outboxScene()
  const bus = await scene.bus()
  const relay = scene.relay(bus)
  await until(() => relay.state === 'active')
  await bus.close()
  await addOrders(scene, 'a', 1)
  expect(await relay.ended).toMatchObject({ code: 'CLOSED' })
  expect(await scene.waiting()).toBe(1)
})
