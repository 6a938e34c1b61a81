/** Pairs on memory: dial, accept, talk, hang up. */

import { expect, test } from 'vitest'
import { createBus } from '../../src/bus/create-bus.js'
import type { Trouble } from '../../src/bus.js'
import { memory } from '../../src/memory/memory.js'
import { airport } from './airport.js'

async function pairOfBuses() {
  const wire = memory()
  const tower = await createBus({ service: 'tower', transport: wire })
  const truck = await createBus({ service: 'truck', transport: wire })
  return { tower, truck }
}

test('X1 both sides talk in order, and hanging up ends both', async () => {
  const { tower, truck } = await pairOfBuses()
  const asked: string[] = []
  await truck.accept(airport.hotline, async (line, ctx) => {
    expect(ctx.source).toBe('tower')
    for await (const { ask } of line) {
      asked.push(ask)
      await line.send({ say: `${ask}!` })
    }
  })
  const line = await tower.dial(airport.hotline)
  const said: string[] = []
  for (const ask of ['a', 'b', 'c']) await line.send({ ask })
  for await (const { say } of line) {
    said.push(say)
    if (said.length === 3) break
  }
  expect(said).toEqual(['a!', 'b!', 'c!'])
  expect(asked).toEqual(['a', 'b', 'c'])
  expect(await line.ended).toBe('DONE')
  await expect(line.send({ ask: 'd' })).rejects.toMatchObject({ code: 'CLOSED' })
  await Promise.all([tower.close(), truck.close()])
})

test('X1 a second caller gets PAIR_TAKEN; nobody there is NO_RESPONDER', async () => {
  const { tower, truck } = await pairOfBuses()
  await expect(tower.dial(airport.hotline)).rejects.toMatchObject({ code: 'NO_RESPONDER' })
  await truck.accept(airport.hotline, async (line) => {
    for await (const _ of line);
  })
  const line = await tower.dial(airport.hotline)
  await expect(truck.dial(airport.hotline)).rejects.toMatchObject({ code: 'PAIR_TAKEN' })
  await line.close()
  await Promise.all([tower.close(), truck.close()])
})

test('the end of the accepting handler ends the line; its throw is told to the caller', async () => {
  const { tower, truck } = await pairOfBuses()
  const troubles: Trouble[] = []
  truck.status.on('trouble', (trouble) => troubles.push(trouble))
  let calls = 0
  await truck.accept(airport.hotline, async (line) => {
    calls += 1
    await line.send({ say: 'hello' })
    if (calls === 2) throw new Error('engine fire')
  })
  const first = await tower.dial(airport.hotline)
  const said: string[] = []
  for await (const { say } of first) said.push(say)
  expect(said).toEqual(['hello'])
  const second = await tower.dial(airport.hotline)
  const reading = (async () => {
    for await (const _ of second);
  })()
  await expect(reading).rejects.toMatchObject({
    code: 'REMOTE_ERROR',
    message: expect.stringContaining('engine fire'),
  })
  expect(troubles).toMatchObject([{ code: 'HANDLER_FAILED' }])
  await Promise.all([tower.close(), truck.close()])
})

test('X1 each side learns at once when the other is gone', async () => {
  const { tower, truck } = await pairOfBuses()
  let heard: unknown
  await truck.accept(airport.hotline, async (line) => {
    heard = await line.ended
  })
  const line = await tower.dial(airport.hotline)
  await tower.close()
  await truck.close()
  expect(await line.ended).toBe('DONE')
  expect(heard).toBe('DONE')
})

test('a value that its schema refuses is not said', async () => {
  const { tower, truck } = await pairOfBuses()
  await truck.accept(airport.hotline, async (line) => {
    for await (const _ of line);
  })
  const line = await tower.dial(airport.hotline)
  // @ts-expect-error to ask is a string
  await expect(line.send({ ask: 1 })).rejects.toMatchObject({ code: 'SCHEMA_INVALID' })
  await line.close()
  await Promise.all([tower.close(), truck.close()])
})
