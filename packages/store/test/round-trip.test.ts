/** What is told to a store is said back by the next run, in order and unaltered. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Journal } from 'busbar/transport'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStore } from '../src/index.js'
import { channel, facts, message, Told, wordOf } from './told.js'

let dir: string
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'busbar-store-')), 'store')
})
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }))

const durable = (journal: Journal): Promise<void> =>
  new Promise((resolve, reject) => journal.whenDurable((failure) => (failure ? reject(failure) : resolve())))

it('Q1 S1 says back messages, marks and notes after it was closed, and after it was killed', async () => {
  const store = await openStore({ dir, minFreeBytes: 0 })
  expect(store.epoch).toBe(1)
  const told = new Told()
  const journal = store.open(channel('a.b'), told)
  const expected = new Told()
  const places: number[] = []
  for (let i = 0; i < 100; i++) {
    places.push(journal.message(facts(i), message(`id-${i}`, `{"n":${i}}`, i % 2 ? 'a.b' : 'a.b.x')))
    expected.message({
      place: 0,
      ...facts(i),
      message: message(`id-${i}`, `{"n":${i}}`, i % 2 ? 'a.b' : 'a.b.x'),
    })
    if (i % 3 === 0) {
      journal.mark('leased', 1, i)
      expected.mark('leased', 1, i)
      journal.mark('done', 2 ** 20, 2 ** 40 + i)
      expected.mark('done', 2 ** 20, 2 ** 40 + i)
    }
    if (i % 10 === 0) {
      const copy = { ...facts(i), message: message('dead') }
      journal.note({ op: 'dead', why: 'é' }, copy)
      expected.note({ op: 'dead', why: 'é' }, { place: 0, ...copy })
      journal.note({ op: 'plain' })
      expected.note({ op: 'plain' }, undefined)
    }
  }
  for (const [i, place] of places.entries()) expect(journal.read(place).offset).toBe(i)
  await durable(journal)
  for (const [i, place] of places.entries())
    expect(wordOf(journal.read(place))).toEqual(expect.objectContaining({ offset: i }))
  expect(journal.readFrom(places[0] as number, 1e9).map((stored) => stored.offset)).toEqual(
    places.map((_, i) => i),
  )
  await store.close()
  const second = await openStore({ dir, minFreeBytes: 0 })
  expect(second.epoch).toBe(2)
  expect(second.channels).toEqual([channel('a.b')])
  const again = new Told()
  const reopened = second.open(channel('a.b'), again)
  expect(again.words).toEqual(expected.words)
  expect(reopened.readFrom(0, 1e9).length).toBe(100)
  await second.close()
})
