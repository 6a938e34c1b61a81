/** Outbox and inbox on PostgreSQL: an order and its message are one commit, packing and its mark another. */

import { once } from '@busbar/inbox'
import { postgresInbox, postgresOutbox, relayOutbox } from '@busbar/postgres'
import { createBus, memory } from 'busbar'
import { Pool } from 'pg'
import { shop } from './shop-contract.js'

const pool = new Pool({ connectionString: process.env.DATABASE_URL })
const outbox = postgresOutbox()
const inbox = postgresInbox(pool)
await outbox.setup(pool)
await inbox.setup(pool)
await pool.query('CREATE TABLE orders (id text PRIMARY KEY, sku text, packed boolean DEFAULT false)')

async function placeOrder(id: string, sku: string, quantity: number): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('INSERT INTO orders (id, sku) VALUES ($1, $2)', [id, sku])
    await outbox.add(client, shop.pack, { id, sku, quantity })
    await client.query('COMMIT')
    console.log(`order ${id} is placed`)
  } catch (error) {
    await client.query('ROLLBACK')
    console.log(`order ${id} is refused: ${error instanceof Error ? error.message : error}`)
  } finally {
    client.release()
  }
}

{
  await using bus = await createBus({ service: 'shop', transport: memory() })
  await using relay = relayOutbox({ pool, bus, contracts: [shop] })
  void relay.ended.then((reason) => reason && console.error('the relay ended', reason))

  let finish = () => {}
  const finished = new Promise<void>((resolve) => (finish = resolve))
  await bus.work(
    shop.pack,
    once(inbox, { group: 'warehouse' }, async (order, _ctx, tx) => {
      await tx.query('UPDATE orders SET packed = true WHERE id = $1', [order.id])
      if (order.id === '3') finish()
    }),
  )

  await placeOrder('1', 'lamp', 2)
  await placeOrder('1', 'chair', 1)
  await placeOrder('3', 'table', 1)
  await finished
}
const { rows } = await pool.query('SELECT id, sku FROM orders WHERE packed ORDER BY id')
for (const { id, sku } of rows) console.log(`order ${id} is packed: ${sku}`)
await pool.end()
