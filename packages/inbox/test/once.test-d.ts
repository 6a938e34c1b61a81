/** Types of `once`: the value and the context come from the topic, the transaction from the store. */

import { type Bus, type Context, contract, event, queue, request, type StreamContext, stream } from 'busbar'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import { type InboxStore, memoryInbox, once } from '../src/index.js'

interface Tx {
  query(text: string): Promise<number>
}

const shop = contract('shop', {
  placed: event(z.object({ id: z.string() }), { path: '{country}' }),
  pack: queue(z.object({ sku: z.string(), count: z.string().transform(Number).pipe(z.number()) })),
  stock: stream(z.object({ left: z.number() })),
  price: request({ input: z.string(), output: z.string() }),
})

export async function types(bus: Bus, inbox: InboxStore<Tx>): Promise<void> {
  await bus.work(
    shop.pack,
    once(inbox, { group: 'g' }, async (value, ctx, tx) => {
      expectTypeOf(value).toEqualTypeOf<{ sku: string; count: number }>()
      expectTypeOf(ctx).toEqualTypeOf<Context<never>>()
      expectTypeOf(tx).toEqualTypeOf<Tx>()
      if (value.count === 0) return ctx.reject('nothing to pack')
    }),
  )
  await bus.subscribe(
    shop.placed,
    once(inbox, { group: 'g', onDuplicate: ({ params }) => params.country }, (value, ctx, tx) => {
      expectTypeOf(value).toEqualTypeOf<{ id: string }>()
      expectTypeOf(ctx.params).toEqualTypeOf<Readonly<Record<'country', string>>>()
      expectTypeOf(tx).toEqualTypeOf<Tx>()
    }),
    { where: { country: 'nl' } },
  )
  await bus.subscribe(
    shop.stock,
    once(memoryInbox(), { group: 'g' }, ({ left }, ctx, tx) => {
      expectTypeOf(left).toEqualTypeOf<number>()
      expectTypeOf(ctx).toEqualTypeOf<StreamContext<never>>()
      expectTypeOf(tx).toEqualTypeOf<undefined>()
    }),
  )
  const typed = once(inbox, { group: 'g' }, (_value: { sku: string }, _ctx: Context, tx: Tx) =>
    tx.query('a').then(() => undefined),
  )
  await bus.work(shop.pack, typed)
  const group = 'g'
  const paint = (value: { colour: string }): void => void value
  // @ts-expect-error the payload has no colour
  await bus.work(shop.pack, once(inbox, { group }, paint))
  // @ts-expect-error the group must be named
  once(inbox, {}, paint)
  // @ts-expect-error the store gives another transaction
  once(memoryInbox(), { group }, (_value, _ctx, tx: Tx) => void tx)
  const wrapped = once(inbox, { group }, (_value: string) => undefined)
  // @ts-expect-error a handler that is once has no answer to give
  await bus.reply(shop.price, wrapped)
}
