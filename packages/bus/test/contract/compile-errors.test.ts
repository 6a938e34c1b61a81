/** What a user's compiler says: about wrong verbs and typing errors, and in emitted declarations. */
import { describe, expect, it } from 'vitest'
import { createCompiler } from './compile.js'

const compile = createCompiler()

const contractFile = `
import { z } from 'zod'
import { contract } from '../../src/contract/contract.js'
import { event, pair, queue, request, stream } from '../../src/contract/factories.js'

const Bag = z.object({ tag: z.string(), flightId: z.string(), kg: z.number().max(32), note: z.string().optional() })
export const airport = contract('airport', {
  landed: event(z.object({ flight: z.string(), at: z.iso.datetime() }), { path: '{airline}.{flight}' }),
  gate: event(z.object({ gate: z.string().default('A1') })),
  moveBag: queue(Bag, { retry: { attempts: 3, backoff: 'exponential', initialMs: 200 }, key: (bag) => bag.flightId }),
  assignGate: request({
    input: z.object({ flight: z.string() }),
    output: z.object({ gate: z.string() }),
    errors: { NoGateFree: z.object({ waitMs: z.number() }) },
  }),
  tail: request({ input: z.null(), output: z.string().transform((text) => text.length), streamed: true, path: '{service}' }),
  radar: stream(z.object({ x: z.number() }), { key: (point) => String(point.x), keepMs: 3_600_000 }),
  hotline: pair({ dialer: z.object({ say: z.string() }), accepter: z.object({ hear: z.string() }) }, { path: '{vehicle}' }),
})
`
const useFile = (calls: string) => `
import type { Bus } from '../../src/bus.js'
import { event, queue } from '../../src/contract/factories.js'
import { z } from 'zod'
import { airport } from './airport-contract.js'
declare const bus: Bus
${calls}
void z
void event
void queue
`

const events = '"bus.publish() and bus.subscribe()"'
const queues = '"bus.send() and bus.work()"'
const requests = '"bus.request() and bus.reply()"'
const streams = '"bus.append(), bus.replay() and bus.subscribe()"'
const pairs = '"bus.dial() and bus.accept()"'
const says = (given: string, wanted: string) => `Type '${given}' is not assignable to type '${wanted}'.`

const wrongVerbs: ReadonlyArray<[call: string, lastLine: string]> = [
  [`bus.publish(airport.moveBag, { tag: '', flightId: '', kg: 1 })`, says(queues, events)],
  [`bus.publish(airport.radar, { x: 1 })`, says(streams, events)],
  [`bus.publish(airport.assignGate, { flight: '' })`, says(requests, events)],
  [`bus.subscribe(airport.moveBag, () => {})`, says(queues, `${events} | ${streams}`)],
  [`bus.subscribe(airport.hotline, () => {})`, says(pairs, `${events} | ${streams}`)],
  [`bus.send(airport.gate, {})`, says(events, queues)],
  [`bus.work(airport.gate, () => {})`, says(events, queues)],
  [`bus.request(airport.moveBag, { tag: '' })`, says(queues, requests)],
  [`bus.reply(airport.gate, () => {})`, says(events, requests)],
  [`bus.append(airport.gate, {})`, says(events, streams)],
  [`bus.replay(airport.gate)`, says(events, streams)],
  [`bus.dial(airport.assignGate)`, says(requests, pairs)],
  [`bus.accept(airport.gate, () => {})`, says(events, pairs)],
  [`bus.deadLetters(airport.assignGate)`, says(requests, `${events} | ${queues} | ${streams}`)],
]

const misuses: ReadonlyArray<[what: string, call: string, text: string]> = [
  [
    'a misspelt member',
    `bus.send(airport.moveBag, { tag: '', flightID: '', kg: 1 })`,
    "Did you mean to write 'flightId'?",
  ],
  ['a misspelt topic', `bus.publish(airport.landedd, { flight: '' })`, "Did you mean 'landed'?"],
  [
    'a wrong type',
    `bus.send(airport.moveBag, { tag: '', flightId: '', kg: 'x' })`,
    "Type 'string' is not assignable to type 'number'.",
  ],
  ['a missing member', `bus.send(airport.moveBag, { tag: '', flightId: '' })`, "Property 'kg' is missing"],
  [
    'missing params',
    `bus.publish(airport.landed, { flight: '', at: '' })`,
    'Expected 3 arguments, but got 2.',
  ],
  [
    'a missing param',
    `bus.publish(airport.landed, { flight: '', at: '' }, { params: { airline: '' } })`,
    "Property 'flight' is missing",
  ],
  [
    'params of a topic without',
    `bus.publish(airport.gate, {}, { params: { a: '' } })`,
    "not assignable to type 'undefined'",
  ],
  [
    'an unknown filter',
    `bus.subscribe(airport.landed, () => {}, { where: { airlin: 'KL' } })`,
    "Did you mean to write 'airline'?",
  ],
  [
    'a cursor on an event',
    `bus.subscribe(airport.gate, () => {}, { from: 'start' })`,
    "'from' does not exist",
  ],
  [
    'an offset of an event',
    `bus.subscribe(airport.gate, (_gate, ctx) => { ctx.offset })`,
    "Property 'offset' does not exist",
  ],
  [
    'an output member at the sender',
    `bus.subscribe(airport.gate, ({ gat }) => { gat })`,
    "Property 'gat' does not exist",
  ],
  [
    'an undeclared error',
    `bus.reply(airport.assignGate, (_in, ctx) => ctx.fail('NoGate', { waitMs: 1 }))`,
    `'"NoGate"' is not assignable to parameter of type '"NoGateFree"'`,
  ],
  [
    'wrong data of an error',
    `bus.reply(airport.assignGate, (_in, ctx) => ctx.fail('NoGateFree', { wait: 1 }))`,
    "'wait' does not exist",
  ],
  [
    'a wrong reply',
    `bus.reply(airport.assignGate, () => ({ gate: 1 }))`,
    "Type 'number' is not assignable to type 'string'.",
  ],
  ['a misspelt option', `event(z.string(), { pathh: '{a}' })`, "Did you mean to write 'path'?"],
  ['an option of another kind', `event(z.string(), { keepMs: 1 })`, "'keepMs' does not exist"],
  [
    'a misspelt retry option',
    `queue(z.string(), { retry: { attemps: 1 } })`,
    "Did you mean to write 'attempts'?",
  ],
  [
    'a key of something else',
    `queue(z.object({ a: z.string() }), { key: (bag) => bag.b })`,
    "Property 'b' does not exist",
  ],
  [
    'a key that is no string',
    `queue(z.object({ a: z.number() }), { key: (bag) => bag.a })`,
    "Type 'number' is not assignable to type 'string'.",
  ],
]

describe('the compiler', () => {
  const calls = [...wrongVerbs.map(([call]) => call), ...misuses.map(([, call]) => call)]
  const text = useFile(calls.map((call) => call.replaceAll('\n', ' ')).join('\n'))
  const { errors } = compile({ 'airport-contract.ts': contractFile, 'airport-use.ts': text })
  const errorOf = (call: string) =>
    errors.find(({ at }) => at === `airport-use.ts:${text.split('\n').indexOf(call) + 1}`)

  it.each(wrongVerbs)('ends with the right verbs: %s', (call, lastLine) => {
    expect(errorOf(call)?.lastLine).toBe(lastLine)
  })

  it.each(misuses)('points at %s', (_what, call, words) => {
    const error = errorOf(call)
    expect(error?.text).toContain(words)
    expect(error?.text).not.toContain('No overload matches')
  })

  it('says nothing else', () => {
    expect(errors.filter(({ at }) => !at.startsWith('airport-use.ts'))).toEqual([])
    expect(errors.length).toBe(calls.length)
  })

  it('accepts every verb used well', () => {
    const good = useFile(`
      export async function use() {
        await bus.publish(airport.landed, { flight: 'KL23', at: '' }, { params: { airline: 'KL', flight: 'KL23' } })
        await bus.publish(airport.gate, {})
        await bus.subscribe(airport.gate, ({ gate }, ctx) => { gate satisfies string; ctx.attempt satisfies number })
        await bus.subscribe(airport.landed, (_l, ctx) => { ctx.params.airline satisfies string }, { where: { airline: 'KL' }, group: 'each' })
        await bus.subscribe(airport.radar, (_p, ctx) => { ctx.offset satisfies number }, { from: { offset: 1 } })
        await bus.send(airport.moveBag, { tag: '', flightId: '', kg: 1 }, { delayMs: 5 })
        await bus.work(airport.moveBag, (bag, ctx) => bag.kg > 3 ? ctx.reject('heavy') : undefined, { concurrency: 4 })
        const { gate } = await bus.request(airport.assignGate, { flight: 'KL23' }, { timeoutMs: 1 })
        gate satisfies string
        await bus.reply(airport.assignGate, ({ flight }, ctx) => flight === '' ? ctx.fail('NoGateFree', { waitMs: 1 }) : { gate: 'A1' })
        for await (const length of bus.request(airport.tail, null, { params: { service: 'x' } })) length satisfies number
        await bus.reply(airport.tail, async function* () { yield 'text' })
        await bus.append(airport.radar, { x: 1 })
        for await (const { value, ctx } of bus.replay(airport.radar, { from: 'start', to: 'now' })) value.x satisfies number, ctx.offset
        const line = await bus.dial(airport.hotline, { params: { vehicle: 'v' } })
        await line.send({ say: '' })
        for await (const { hear } of line) hear satisfies string
        await bus.accept(airport.hotline, async (other) => { await other.send({ hear: '' }); for await (const { say } of other) say satisfies string })
        await bus.deadLetters(airport.moveBag).redrive({ map: () => ({ tag: '', flightId: '', kg: 1 }) })
        await bus.declare(airport)
        await bus.inspect(airport.hotline)
      }`)
    expect(compile({ 'airport-contract.ts': contractFile, 'airport-use.ts': good }).errors).toEqual([])
  })

  it('emits declarations of plain object types, without a name of the schema library', () => {
    const declaration =
      compile({ 'airport-contract.ts': contractFile }).declarations['airport-contract.d.ts'] ?? ''
    expect(declaration).toContain('kg: number')
    expect(declaration).toMatch(/"airline" \| "flight"|"flight" \| "airline"/)
    expect(declaration).toContain('NoGateFree')
    expect(declaration).not.toMatch(/zod|Zod|\bz\./)
    expect(declaration).not.toMatch(/StandardSchema|InputOf|OutputOf|PathParams/)
  })
})
