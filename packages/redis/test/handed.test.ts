/** What the server gives to a consumer that waits, in its order with what it answers. */

import { expect, test } from 'vitest'
import { Handed } from '../src/handed.js'

const gift = (mark: string, ...ids: string[]): Buffer =>
  Buffer.concat([
    Buffer.from(`${mark}\n`),
    ...ids.map((id) => {
      const lengths = Buffer.alloc(12)
      for (const [at, text] of [id, '{}', 'x'].entries()) lengths.writeUInt32BE(text.length, 4 * at)
      return Buffer.concat([lengths, Buffer.from(`${id}{}x`)])
    }),
  ])

function handed() {
  const taken: string[] = []
  return { taken, handed: new Handed((rows) => void taken.push(...rows.map(({ row }) => row.id))) }
}

test('a gift that comes before the answer it belongs behind waits for it', () => {
  const { taken, handed: them } = handed()
  them.hear(gift('m1', '1-0', '1-1'))
  expect(taken).toEqual([])
  them.since('m1')
  them.hear(gift('m1', '2-0'))
  expect(taken).toEqual(['1-0', '1-1', '2-0'])
})

test('an answer waits for the gifts that were sent before it', async () => {
  const { taken, handed: them } = handed()
  them.since('m1')
  them.hear(gift('m1', '1-0'))
  const all = them.until('m1', 2).then(() => taken.push('answer'))
  await Promise.resolve()
  expect(taken).toEqual(['1-0'])
  them.hear(gift('m1', '2-0'))
  await all
  expect(taken).toEqual(['1-0', '2-0', 'answer'])
})

test('after a cut nothing is waited for, and what was under way is not taken', async () => {
  const { taken, handed: them } = handed()
  them.since('m1')
  const answered = them.until('m1', 1)
  them.hear(gift('m2', '1-0'))
  them.reset()
  await answered
  them.hear(gift('m1', '2-0'))
  await them.until('m1', 1)
  them.since('m3')
  expect(taken).toEqual([])
})
