/** Drafts: messages made without a bus are what the bus would have sent, and refused for the same reasons. */

import { expect, test } from 'vitest'
import { z } from 'zod'
import { type AnyTopic, contract, createBus, event, memory, queue, request, stream } from '../../src/index.js'
import { ManualClock } from '../../src/testing.js'
import { createIds, draftMessage } from '../../src/transport-authors.js'

const iso = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
})
const shop = contract('shop', {
  placed: event(z.object({ id: z.string() }), { path: '{country}' }),
  pack: queue(z.object({ sku: z.string() }), { key: ({ sku }) => sku, maxBytes: 100 }),
  urgent: queue(z.string(), { priority: true }),
  log: stream(z.object({ at: iso })),
  slow: event(z.string().refine(async (text) => text !== 'bad')),
  price: request({ input: z.string(), output: z.string() }),
})

const clock = new ManualClock()
const draft = (topic: AnyTopic, value: unknown, options = {}) =>
  draftMessage(topic, value, options, { clock, makeId: createIds(clock, () => 0.5) })

test('C1 C4 a draft holds id, key and the payload as the wire will have it', async () => {
  const made = await draft(shop.pack, { sku: 'lamp' }, { headers: { who: 'me' }, delayMs: 5 })
  expect(made).toMatchObject({ verb: 'send', key: 'lamp', headers: { who: 'me' }, payload: '{"sku":"lamp"}' })
  expect(made.id).toMatch(/^[0-9a-f-]{36}$/)
  expect(await draft(shop.log, { at: '2026-01-01T00:00:00Z' }, { id: 'mine' })).toMatchObject({
    verb: 'append',
    id: 'mine',
    key: undefined,
    payload: '{"at":"2026-01-01T00:00:00Z"}',
  })
})

test('C1 a draft is refused as its verb would refuse it', async () => {
  const params = { country: 'nl' }
  const refused = { outcome: 'rejected' }
  await expect(draft(shop.placed, { id: 1 }, { params })).rejects.toMatchObject({
    code: 'SCHEMA_INVALID',
    details: { topic: 'shop.placed', issues: [{ path: 'id' }] },
  })
  await expect(draft(shop.slow, 'bad')).rejects.toMatchObject({ code: 'SCHEMA_INVALID' })
  await expect(draft(shop.placed, { id: '1' })).rejects.toMatchObject({ code: 'INVALID_TOPIC', ...refused })
  await expect(draft(shop.pack, { sku: 'x'.repeat(200) })).rejects.toMatchObject({ code: 'TOO_LARGE' })
  await expect(draft(shop.urgent, undefined)).rejects.toMatchObject({ code: 'UNENCODABLE' })
  for (const options of [
    { priority: 1 },
    { delayMs: Number.NaN },
    { id: '' },
    { headers: { A: '' } },
    { kye: 'a' },
  ])
    await expect(draft(shop.pack, { sku: 'a' }, options)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  await expect(draft(shop.price, 'a')).rejects.toThrow(/of kind "request"/)
})

test('C4 what a draft holds is what its verb takes', async () => {
  await using bus = await createBus({ service: 'shop', transport: memory() })
  const { id, payload } = await draft(shop.log, { at: '2026-01-01T00:00:00Z' })
  await bus.append(shop.log, JSON.parse(payload), { id })
  for await (const { value, ctx } of bus.replay(shop.log, { to: 'now' })) {
    expect(value.at).toEqual(new Date('2026-01-01T00:00:00Z'))
    expect(ctx.id).toBe(id)
  }
})
