// A side of a pair that is behind slows the other down; nothing that was said gets lost or changes places.

import { contract, pair } from 'busbar'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { brokerOn, gate, until, upTo, wires } from './three-wires.js'
import { within } from './within.js'

const counting = contract('counting', { line: pair({ dialer: z.int(), accepter: z.int() }) })

it.each(wires)('X1 over %s thousands of small parts wait for a slow side, in order and all', async (wire) => {
  const newBus = await brokerOn(wire, { exchangeWindowBytes: 64 * 1024 })
  const [dialer, accepter] = [await newBus('dialer'), await newBus('accepter')]
  const sent = upTo(12_000)
  const got: number[] = []
  const open = gate()
  await accepter.accept(counting.line, async (line) => {
    await open.passed
    for await (const part of line) if (got.push(part) === sent.length) break
  })
  const line = await dialer.dial(counting.line)
  let said = 0
  const saying = (async () => {
    for (const part of sent) {
      await line.send(part)
      said += 1
    }
  })()
  // The line fills up before anybody listens at the other end.
  let before = -1
  await until(() => {
    const isFull = said > 0 && said === before
    before = said
    return isFull
  })
  expect(said).toBeLessThan(sent.length)
  open.open()
  await within(10_000, saying)
  await within(10_000, line.ended)
  expect(got.length).toBe(sent.length)
  expect(got).toEqual(sent)
})
