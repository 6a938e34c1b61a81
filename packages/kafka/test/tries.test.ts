import { expect, it } from 'vitest'
import { createTries } from '../src/ordered/tries.js'

it('Q4 tries of open records outlive a crash beside the offset, those of settled ones do not', () => {
  const tries = createTries(null)
  tries.set(5, 1)
  tries.set(6, 2)
  tries.forget(5)
  const next = createTries(tries.metadata)
  expect([next.of(5), next.of(6)]).toEqual([0, 2])
})

it('what foreign clients keep there is taken no notice of', () => {
  for (const kept of ['', 'node-7', '{"tries":7}', '{"tries":{"x":"y"}}']) {
    expect(createTries(kept).of(0)).toBe(0)
  }
})

it('F16 what is kept stays within what the broker takes', () => {
  const tries = createTries(null)
  for (let offset = 0; offset < 2_000; offset += 1) tries.set(offset, 1)
  expect(tries.metadata.length).toBeLessThan(4_096)
})
