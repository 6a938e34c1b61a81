/** What compiled checks change about payloads: nothing but who judges them. */
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createBus } from '../../src/bus/create-bus.js'
import { contract } from '../../src/contract/contract.js'
import { event, queue } from '../../src/contract/factories.js'
import { memory } from '../../src/memory/memory.js'

const Plane = z.object({ flight: z.string().min(3), seats: z.array(z.int()).max(3) })
const plane = { flight: 'KL1', seats: [1, 2] }

test('C6 readers of one message each get their own copy, without a call of the schema', async () => {
  const { landed } = contract('sky', { landed: event(Plane) })
  const asked = vi.spyOn(landed.wire.input.schema['~standard'], 'validate')
  const wire = memory()
  await using one = await createBus({ service: 'one', transport: wire })
  await using two = await createBus({ service: 'two', transport: wire })
  const seen: string[] = []
  for (const bus of [one, two]) {
    await bus.subscribe(landed, (value) => {
      seen.push(JSON.stringify(value))
      value.seats.push(9)
    })
  }
  const given = structuredClone(plane)
  const receipt = one.publish(landed, given)
  given.seats.push(4)
  await receipt
  await one.inspect(landed)
  expect(seen).toEqual([JSON.stringify(plane), JSON.stringify(plane)])
  expect(given.seats).toEqual([1, 2, 4])
  expect(asked).not.toHaveBeenCalled()
})

// The pages' way must be told apart by nothing: there, code may not be made from text.
test.each(['compiled', 'without code from text'])('F11 C1 verdicts on odd payloads, %s', async (way) => {
  if (way !== 'compiled') vi.stubGlobal('document', {})
  const { bag } = contract('belt', { bag: queue(Plane) })
  await using bus = await createBus({ service: 'belt', transport: memory() })
  expect(bag.wire.input.compiled?.outbound() === undefined).toBe(way !== 'compiled')
  const seen: unknown[] = []
  await bus.work(bag, (value) => void seen.push(value))
  const codes = []
  for (const value of [
    { ...plane, extra: { any: 1 } },
    { ...plane, extra: undefined },
    { ...plane, extra: 1n },
    { ...plane, seats: [-0] },
    { ...plane, seats: [Number.NaN] },
    { ...plane, seats: [1.5] },
    { ...plane, flight: 'K' },
    Object.assign(Object.create({ odd: 1 }), plane),
  ]) {
    const sending: Promise<unknown> = bus.send(bag, value)
    codes.push(
      await sending.then(
        () => 'sent',
        (error: { code: string }) => error.code,
      ),
    )
  }
  vi.unstubAllGlobals()
  expect(codes).toEqual([
    'sent',
    'sent',
    'UNENCODABLE',
    'UNENCODABLE',
    'UNENCODABLE',
    'SCHEMA_INVALID',
    'SCHEMA_INVALID',
    'UNENCODABLE',
  ])
  await bus.inspect(bag)
  expect(seen).toEqual([plane, plane])
})
