/** Publish and subscribe in one process: Busbar on memory beside an event emitter with a hand-written zod parse. */

import { createBus, memory } from 'busbar'
import { EventEmitter } from 'eventemitter3'
import { bench, Note, Order, orderOf } from './order.js'
import { type Contestant, compare } from './rounds.js'

const messages = 100_000
/** Far below the buffer of a subscriber, so that nothing is dropped. */
const batch = 256
const orders = Array.from({ length: batch }, (_, index) => orderOf(index))

let received = 0
let sum = 0
const receive = (order: { readonly total: number }): void => {
  received += 1
  sum += order.total
}

const bus = await createBus({ service: 'bench', transport: memory() })

await bus.subscribe(bench.ordered, receive)
await bus.subscribe(bench.noted, receive)
await table('with constraints', {
  parse: (order) => Order.parse(order),
  publish: (order) => bus.publish(bench.ordered, order),
})
await table('without constraints', {
  parse: (order) => Note.parse(order),
  publish: (order) => bus.publish(bench.noted, order),
})
await bus.close()

interface Ways {
  parse(order: Order): { readonly total: number }
  publish(order: Order): Promise<unknown>
}

async function table(name: string, { parse, publish }: Ways): Promise<void> {
  const emitter = new EventEmitter<{ order: [order: { readonly total: number }] }>()
  emitter.on('order', receive)
  await compare(`memory publish, 271 bytes ${name}, 1 subscriber, validated, isolated`, [
    contestant('eventemitter3, emit(parse(order))', async (order) => {
      for (let sent = 0; sent < messages; sent += 1) emitter.emit('order', parse(order(sent)))
    }),
    contestant('Busbar memory, a receipt awaited per 256', async (order) => {
      for (let sent = 0; sent < messages; ) {
        let last: Promise<unknown> | undefined
        for (const end = Math.min(messages, sent + batch); sent < end; sent += 1) last = publish(order(sent))
        await last
      }
    }),
    contestant('Busbar memory, every receipt awaited', async (order) => {
      for (let sent = 0; sent < messages; sent += 1) await publish(order(sent))
    }),
  ])
}

type Orders = (number: number) => Order

function contestant(name: string, send: (order: Orders) => Promise<void>): Contestant {
  return {
    name,
    async run() {
      received = 0
      sum = 0
      const begun = performance.now()
      await send((number) => orders[number % batch] ?? orderOf(number))
      // What is published last is delivered right after.
      await new Promise((resolve) => setTimeout(resolve, 0))
      const seconds = (performance.now() - begun) / 1_000
      const expected = Array.from({ length: messages }, (_, n) => n % batch).reduce((a, b) => a + b, 0)
      if (received !== messages || sum !== expected)
        throw new Error(`${name}: ${received} received, sum ${sum}`)
      return messages / seconds
    },
  }
}
