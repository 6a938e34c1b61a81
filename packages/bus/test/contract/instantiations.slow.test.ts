/** A budget for the compiler's work: contracts stay cheap however many topics a monorepo has. */
import { expect, it } from 'vitest'
import { createCompiler } from './compile.js'

const topics = 1_000
const calls = 2_000
/** Measured with TypeScript 6.0.3; half as much again is allowed, so that only a change of kind fails. */
const measured = { declared: 345_267, used: 62_153 }

const numbers = Array.from({ length: topics }, (_, index) => index)
const contractFile = `
import { z } from 'zod'
import { contract } from '../../src/contract/contract.js'
import { event, queue, request, stream } from '../../src/contract/factories.js'
export const big = contract('big', {
${numbers
  .map((index) => {
    const payload = `z.object({ id: z.string(), n${index}: z.number(), tags: z.array(z.string()).optional() })`
    if (index % 4 === 0) return `t${index}: event(${payload}, { path: '{a}.{b}' }),`
    if (index % 4 === 1) return `t${index}: queue(${payload}, { key: (value) => value.id }),`
    if (index % 4 === 2)
      return `t${index}: request({ input: ${payload}, output: z.object({ ok: z.boolean() }) }),`
    return `t${index}: stream(${payload}, { keepMs: 1_000 }),`
  })
  .join('\n')}
})`
const useFile = `
import type { Bus } from '../../src/bus.js'
import { big } from './big-contract.js'
export async function use(bus: Bus) {
${Array.from({ length: calls / 2 }, (_, index) => index % topics)
  .map((index) => {
    const value = `{ id: '', n${index}: 1 }`
    const topic = `big.t${index}`
    if (index % 4 === 0) {
      return `await bus.publish(${topic}, ${value}, { params: { a: '', b: '' } }); await bus.subscribe(${topic}, (value, ctx) => { void [value.n${index}, ctx.params.a] })`
    }
    if (index % 4 === 1)
      return `await bus.send(${topic}, ${value}); await bus.work(${topic}, (value) => { void value.n${index} })`
    if (index % 4 === 2)
      return `await bus.request(${topic}, ${value}); await bus.reply(${topic}, (value) => ({ ok: value.n${index} > 0 }))`
    return `await bus.append(${topic}, ${value}); await bus.subscribe(${topic}, (value, ctx) => { void [value.n${index}, ctx.offset] })`
  })
  .join('\n')}
}`

it(`a contract of ${topics} topics, built once, costs ${calls} calls little`, { timeout: 300_000 }, () => {
  const compile = createCompiler()
  const source = compile({ 'big-contract.ts': contractFile })
  expect(source.errors).toEqual([])
  const declaration = source.declarations['big-contract.d.ts'] ?? ''
  expect(declaration.match(/Topic</g)).toHaveLength(topics)
  const built = compile({ 'big-contract.d.ts': declaration, 'big-use.ts': useFile })
  expect(built.errors).toEqual([])
  expect(source.instantiations).toBeLessThan(measured.declared * 1.5)
  expect(built.instantiations).toBeLessThan(measured.used * 1.5)
})
