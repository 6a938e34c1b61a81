// What schemas, headers, topics and ids refuse, through the bus on every wire.

import { type Connect, contract, event, queue, request } from 'busbar'
import { ManualClock } from 'busbar/testing'
import { EncodedBody, type Transport } from 'busbar/transport'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { brokerOn, until, upTo, type Wire, wires } from './three-wires.js'
import { within } from './within.js'

const Order = z.object({ id: z.string(), amount: z.number(), note: z.string().optional() })
const retry = { attempts: 3, backoff: 'fixed', initialMs: 1, maxMs: 1 } as const
const odd = contract('odd', {
  loose: queue(z.looseObject({ id: z.string() }), { retry }),
  strict: queue(z.strictObject({ id: z.string() }), { retry }),
  order: queue(Order, { retry }),
  placed: event(Order, { path: '{shop}' }),
  once: queue(Order, { dedupeMs: 60_000 }),
  timed: queue(
    z.object({
      at: z.codec(z.iso.datetime(), z.date(), {
        decode: (text) => new Date(text),
        encode: (date) => date.toISOString(),
      }),
      tries: z.number().default(1),
      shout: z.string().transform((text) => `${text}!`),
    }),
    { retry },
  ),
  quote: request({ input: z.object({ id: z.string() }), output: z.object({ price: z.number() }) }),
})
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
/** Anything, as JavaScript would let it through. */
const any = (value: unknown): never => value as never

describe.each(wires)('on %s', (wire) => {
  it.each([
    ['a wrong type', odd.order, { id: 1, amount: 2 }],
    ['a missing field', odd.order, { id: 'a' }],
    ['null', odd.order, null],
    ['a null field', odd.order, { id: null, amount: 1 }],
    ['an array for an object', odd.order, [{ id: 'a', amount: 1 }]],
    ['an extra field of a strict object', odd.strict, { id: 'a', more: 1 }],
  ] as const)('F66 C1 %s is refused and nothing is sent', async (_what, topic, value) => {
    const newBus = await brokerOn(wire)
    const bus = await newBus('sender')
    const refused = { code: 'SCHEMA_INVALID', outcome: 'rejected' }
    await expect(bus.send(topic as typeof odd.order, any(value))).rejects.toMatchObject(refused)
    expect((await bus.inspect(topic)).received).toBe(0)
  })

  it('F66 an extra field stays in a loose object and is left out of a plain one', async () => {
    const newBus = await brokerOn(wire)
    const bus = await newBus('both')
    const got: unknown[] = []
    await bus.work(odd.loose, (value) => void got.push(value))
    await bus.work(odd.order, (value) => void got.push(value))
    await bus.send(odd.loose, any({ id: 'a', more: 1 }))
    await until(() => got.length === 1)
    await bus.send(odd.order, any({ id: 'b', amount: 1, more: 1 }))
    await until(() => got.length === 2)
    expect(got).toEqual([
      { id: 'a', more: 1 },
      { id: 'b', amount: 1 },
    ])
  })

  it('F66 C2 what this side cannot read is a dead letter of reason schema, unhandled and untried', async () => {
    const newBus = await brokerOn(wire)
    const { theirs, ours } = skewed(z.object({ id: z.number() }), z.object({ id: z.string() }))
    const [sender, reader] = [await newBus('sender'), await newBus('reader')]
    let runs = 0
    const invalid: unknown[] = []
    await reader.work(ours, () => void runs++, { onInvalid: ({ issues }) => invalid.push(issues[0]?.path) })
    await sender.send(theirs, { id: 7 })
    await until(async () => (await reader.inspect(ours)).dead === 1)
    const { letters } = await reader.deadLetters(ours).list()
    expect(letters).toMatchObject([{ reason: 'schema', attempts: 1, payload: { id: 7 } }])
    expect([runs, invalid, reader.status.refused]).toEqual([0, ['id'], 1])
  })

  it.each([
    ['F8 5,000 levels', () => bytesOf(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)],
    ['F8 500,000 levels', () => bytesOf(`${'['.repeat(500_000)}${']'.repeat(500_000)}`)],
    ['F7 text that is not UTF-8', () => Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
    ['F7 half a surrogate pair', () => Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ['F11 nothing at all', () => new Uint8Array(0)],
  ])('%s from a peer without manners: undecodable, unhandled, and the bus goes on', async (_what, make) => {
    const newBus = await brokerOn(wire)
    let below: Transport | undefined
    const transport: Connect = async (host) => {
      below = await newBus.connect(host)
      return below
    }
    const [sender, reader] = [await newBus('sender', { transport }), await newBus('reader')]
    const got: unknown[] = []
    await reader.work(odd.order, ({ id }) => void got.push(id))
    await sender.send(odd.order, { id: 'before', amount: 1 })
    const message = {
      id: 'rude',
      address: odd.order.channel.name,
      key: undefined,
      headers: { source: 'rude' },
      time: 0,
      body: new EncodedBody('json', make()),
    }
    await below?.publish({ channel: odd.order.channel, message }, new AbortController().signal)
    await sender.send(odd.order, { id: 'after', amount: 1 })
    await until(async () => got.length === 2 && (await reader.inspect(odd.order)).dead === 1)
    expect(got).toEqual(['before', 'after'])
    const { letters } = await sender.deadLetters(odd.order).list()
    expect(letters).toMatchObject([{ id: 'rude', reason: 'undecodable', payload: undefined }])
  })

  it('F67 C3 a refine that throws is invalid on both sides and ends nobody', async () => {
    const newBus = await brokerOn(wire)
    const throwing = z.string().refine(() => {
      throw new RangeError('boom')
    })
    const { theirs, ours } = skewed(z.string(), throwing)
    const [sender, reader] = [await newBus('sender'), await newBus('reader')]
    await expect(reader.send(ours, 'x')).rejects.toMatchObject({ code: 'SCHEMA_INVALID' })
    await reader.work(ours, () => undefined)
    await sender.send(theirs, 'x')
    await until(async () => (await reader.inspect(ours)).dead === 1)
  })

  it('F67 a recursive schema and a value 10,000 deep: DEPTH_EXCEEDED, no RangeError', async () => {
    const newBus = await brokerOn(wire)
    const bus = await newBus('sender')
    interface Tree {
      readonly next?: Tree | undefined
    }
    const Tree: z.ZodType<Tree, Tree> = z.lazy(() => z.object({ next: Tree.optional() }))
    const { theirs } = skewed(Tree, Tree)
    const deep = upTo(10_000).reduce<Tree>((next) => ({ next }), {})
    await expect(bus.send(theirs, deep)).rejects.toMatchObject({
      code: 'DEPTH_EXCEEDED',
      outcome: 'rejected',
    })
  })

  it('F67 an asynchronous refine that never settles is given up after five seconds of the clock', async () => {
    const newBus = await brokerOn(wire)
    const never = z.string().refine(() => new Promise<boolean>(() => undefined))
    const { theirs, ours } = skewed(z.string(), never)
    const clock = new ManualClock()
    const [sender, reader] = [await newBus('sender'), await newBus('reader', { clock })]
    const sent = expect(reader.send(ours, 'x')).rejects.toMatchObject({
      code: 'SCHEMA_INVALID',
      outcome: 'rejected',
    })
    await clock.pass(5_000)
    await sent
    await reader.work(ours, () => undefined)
    const waiting = clock.timers
    await sender.send(theirs, 'x')
    await until(() => clock.timers > waiting)
    await clock.pass(5_000)
    await until(async () => (await sender.inspect(theirs)).dead === 1)
  })

  it('F68 C4 transforms and defaults run once per delivery, also after a retry and a redrive', async () => {
    const newBus = await brokerOn(wire)
    const bus = await newBus('both')
    const got: unknown[] = []
    await bus.work(odd.timed, (value, ctx) => {
      got.push({ ...value })
      if (got.length === 1) throw new Error('again')
      if (got.length === 2) return ctx.reject('to the dead letters')
    })
    const at = '2026-11-22T12:00:00.000Z'
    await bus.send(odd.timed, { at, shout: 'hey' })
    await until(async () => (await bus.inspect(odd.timed)).dead === 1)
    expect(await bus.deadLetters(odd.timed).redrive()).toBe(1)
    await until(async () => (await bus.inspect(odd.timed)).done === 1)
    const output = { at: new Date(at), tries: 1, shout: 'hey!' }
    expect(got).toEqual([output, output, output])
  })

  it('F69 C5 an added optional field passes both ways; a removed required one dies; strict refuses', async () => {
    const newBus = await brokerOn(wire)
    const v1 = z.object({ id: z.string() })
    const v2 = z.object({ id: z.string(), note: z.string().optional() })
    const { theirs, ours } = skewed(v2, v1)
    const [newer, older] = [await newBus('newer'), await newBus('older')]
    const got: unknown[] = []
    await older.work(ours, (value) => void got.push(value))
    await newer.send(theirs, { id: 'a', note: 'new' })
    await until(() => got.length === 1)
    expect(got).toEqual([{ id: 'a' }])
    expect((await older.inspect(ours)).mismatches).toHaveLength(1)
    const strict = await newBus('strict', { contracts: 'strict' })
    await expect(strict.send(ours, { id: 'b' })).rejects.toMatchObject({ code: 'CONTRACT_MISMATCH' })
    const gone = skewed(z.object({}), v1)
    await older.work(gone.ours, () => undefined)
    await newer.send(gone.theirs, {})
    await until(async () => (await older.inspect(gone.ours)).dead === 1)
  })

  it('F71 a reply that its schema refuses fails the caller at once and is told to the responder', async () => {
    const newBus = await brokerOn(wire)
    const [caller, replier] = [await newBus('caller'), await newBus('replier')]
    const troubles: unknown[] = []
    replier.status.on('trouble', ({ code, topic }) => troubles.push([code, topic]))
    await replier.reply(odd.quote, () => any({ price: 'a lot' }))
    const failed = within(4_000, caller.request(odd.quote, { id: 'a' }))
    await expect(failed).rejects.toMatchObject({ code: 'SCHEMA_INVALID' })
    expect(troubles).toEqual([['SCHEMA_INVALID', 'odd.quote']])
  })

  it('F59 D1 the same id with another payload: the first wins, the receipt says duplicate, inspect tells', async () => {
    const newBus = await brokerOn(wire)
    const bus = await newBus('both')
    const got: unknown[] = []
    expect(await bus.send(odd.once, { id: 'a', amount: 1 }, { id: 'same' })).not.toHaveProperty('duplicate')
    const again = await bus.send(odd.once, { id: 'a', amount: 1 }, { id: 'same' })
    expect(again).toMatchObject({ id: 'same', duplicate: true })
    expect((await bus.inspect(odd.once)).dedupeConflicts).toBe(0)
    expect(await bus.send(odd.once, { id: 'a', amount: 2 }, { id: 'same' })).toMatchObject({
      duplicate: true,
    })
    await bus.work(odd.once, ({ amount }) => void got.push(amount))
    await until(async () => (await bus.inspect(odd.once)).done === 1)
    expect(got).toEqual([1])
    expect(await bus.inspect(odd.once)).toMatchObject({ received: 1, dedupeConflicts: 1, dedupeEvicted: 0 })
  })

  it.each([
    ['1,000 headers', Object.fromEntries(upTo(1_000).map((n) => [`h${n}`, 'x'])), 'TOO_LARGE'],
    ['a header of 64 KB', { big: 'x'.repeat(65_536) }, 'TOO_LARGE'],
    ['CR LF in a value', { mine: 'a\r\nother: b' }, 'INVALID_OPTION'],
    ['CR LF in a name', { 'a\r\nb': 'c' }, 'INVALID_OPTION'],
    ['half a surrogate pair', { mine: '\ud800' }, 'INVALID_OPTION'],
  ])('F16 %s is refused before anything is sent', async (_what, headers, code) => {
    const bus = await (await brokerOn(wire))('sender')
    const sent = bus.send(odd.order, { id: 'a', amount: 1 }, { headers })
    await expect(sent).rejects.toMatchObject({ code, outcome: 'rejected' })
    expect((await bus.inspect(odd.order)).received).toBe(0)
  })

  it.each(['', 'x'.repeat(1_025)])('F15 a path value of %j is refused with INVALID_TOPIC', async (shop) => {
    const bus = await (await brokerOn(wire))('sender')
    const sent = bus.publish(odd.placed, { id: 'a', amount: 1 }, { params: { shop } })
    await expect(sent).rejects.toMatchObject({ code: 'INVALID_TOPIC', outcome: 'rejected' })
  })

  it.each(['a..b', '*', '**', 'a\r\nb', '\u0000', ' ', '__proto__'])(
    'F15 F9 a path value of %j is data, not structure',
    async (shop) => {
      const newBus = await brokerOn(wire)
      const [sender, reader] = [await newBus('sender'), await newBus('reader')]
      const got: unknown[] = []
      await reader.subscribe(odd.placed, (_value, ctx) => void got.push(ctx.params.shop), { where: { shop } })
      await sender.publish(odd.placed, { id: 'a', amount: 1 }, { params: { shop: 'another' } })
      await sender.publish(odd.placed, { id: 'a', amount: 1 }, { params: { shop } })
      await until(() => got.length > 0)
      expect(got).toEqual([shop])
    },
  )
})

let count = 0
/** Two builds of one queue, as two processes would have them. */
function skewed<A extends z.ZodType, B extends z.ZodType>(a: A, b: B) {
  count += 1
  const name = `skew${count}`
  const theirs = contract(name, { item: queue(a, { retry }) }).item
  const ours = contract(name, { item: queue(b, { retry }) }).item
  return { theirs, ours }
}

it.each(wires)('C6 on %s neither side sees what the other changes afterwards', async (wire: Wire) => {
  const newBus = await brokerOn(wire)
  const bus = await newBus('both')
  const order = { id: 'a', amount: 1 }
  const got: { amount: number }[] = []
  await bus.work(odd.order, (value) => void got.push(value))
  await bus.send(odd.order, order)
  order.amount = 2
  await until(() => got.length === 1)
  expect(got).toEqual([{ id: 'a', amount: 1 }])
})
