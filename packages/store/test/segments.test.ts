/** Long journals: many segments, large records, removal of what nobody needs, and moving of what is in the way. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Note } from 'busbar/transport'
import { expect, it } from 'vitest'
import { CrashDisk } from '../src/testing.js'
import { seeded } from './history.js'
import { durable, open, opened, reread, scratch } from './opened.js'
import { facts, message, Told } from './told.js'

const fresh = scratch()
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function segmentsOf(dir: string): string[] {
  const [channelDir = ''] = readdirSync(join(dir, 'channels'))
  return readdirSync(join(dir, 'channels', channelDir))
    .filter((name) => name.endsWith('.log'))
    .sort()
}

it('Q1 keeps records of 17 MiB, more of them in one turn than a segment has room for, and reads them back', async () => {
  const dir = fresh()
  const store = await open(dir)
  const journal = opened(store)
  const payload = (i: number): Uint8Array => new Uint8Array(17 * 1024 * 1024).fill(i)
  const places = [0, 1, 2, 3, 4, 5].map((i) => {
    const place = journal.message(facts(i), message(`id-${i}`, payload(i)))
    journal.hold(place)
    return place
  })
  await durable(journal)
  expect(segmentsOf(dir).length).toBe(2)
  for (const [i, place] of places.entries()) {
    const { offset, message: found } = journal.read(place)
    expect(offset).toBe(i)
    expect(Buffer.compare(found.body.bytes(), payload(i))).toBe(0)
  }
  expect(journal.readFrom(places[2] as number, 1).map(({ offset }) => offset)).toEqual([2])
  expect(() => journal.message(facts(9), message('huge', new Uint8Array(25 * 1024 * 1024)))).toThrow(
    'TOO_LARGE',
  )
  await store.close()
  expect((await reread(dir)).words.length).toBe(6)
})

it('S1 reads through thousands of small segments', async () => {
  const disk = new CrashDisk(seeded(1))
  const store = await open('/store', { disk, segmentBytes: 4096 })
  const journal = opened(store)
  for (let i = 0; i < 2000; i++) {
    journal.hold(journal.message(facts(i), message(`id-${i}`, 'x'.repeat(4096))))
    await turn()
  }
  await durable(journal)
  expect(disk.list(`/store/channels/${disk.list('/store/channels')[0]}`).length).toBeGreaterThan(2000)
  expect(journal.readFrom(0, 1e9).map(({ offset }) => offset)).toEqual(
    Array.from({ length: 2000 }, (_, i) => i),
  )
  await store.close()
  expect((await reread('/store', { disk })).words.length).toBe(2000)
})

it('removes the oldest segments that nobody needs, oldest first, and begins with a checkpoint again', async () => {
  const disk = new CrashDisk(seeded(1))
  const removed: string[] = []
  const synced: string[] = []
  const unlink = disk.unlink.bind(disk)
  disk.unlink = (path) => {
    removed.push(path.slice(-5, -4))
    unlink(path)
  }
  disk.onDatasync = (finish, path) => {
    if (path.endsWith('.log')) synced.push(path)
    else removed.push('synced')
    finish()
  }
  const owner = new Told()
  let told = 0
  owner.checkpointNote = (): Note => ({ op: 'checkpoint', told })
  const store = await open('/store', { disk, segmentBytes: 4096 })
  const journal = opened(store, owner)
  const places: number[] = []
  for (; told < 6; told++) {
    const place = journal.message(facts(told), message(`id-${told}`, 'x'.repeat(4096)))
    journal.hold(place)
    places.push(place)
    await turn()
  }
  await durable(journal)
  journal.release(places[1] as number)
  journal.release(places[2] as number)
  journal.mark('done', 1, 1)
  await durable(journal)
  for (let i = 0; i < 10; i++) await turn()
  removed.length = 0
  expect(disk.list(`/store/channels/${disk.list('/store/channels')[0]}`)).toContain('0000000001.log')
  const before = synced.length
  journal.release(places[0] as number)
  journal.mark('done', 1, 0)
  await turn()
  expect(synced.length).toBe(before + 1)
  for (let i = 0; i < 10; i++) await turn()
  expect(removed).toEqual(['1', 'synced', '2', 'synced', '3', 'synced'])
  await store.close()
  const again = new Told()
  const second = await open('/store', { disk, segmentBytes: 4096 })
  opened(second, again)
  // Made when the third message had come: nothing before it is needed, and what came after it is said.
  expect(again.words[0]).toEqual({ note: { op: 'checkpoint', told: 2 } })
  expect(again.words.flatMap((word) => ('message' in word ? [word.offset] : []))).toEqual([3, 4, 5])
  await second.close()
})

it('asks the owner to move what keeps the oldest segment, once most of the files is of no use', async () => {
  const disk = new CrashDisk(seeded(1))
  const owner = new Told()
  const store = await open('/store', { disk, segmentBytes: 4096 })
  const journal = opened(store, owner)
  const first = journal.message(facts(0), message('stuck'))
  journal.hold(first)
  let stuck = first
  owner.onEvacuate = (from, to) => {
    expect(from <= stuck && stuck < to).toBe(true)
    const before = stuck
    stuck = journal.message(facts(0), journal.read(before).message)
    journal.hold(stuck)
    journal.release(before)
  }
  for (let i = 1; i < 30; i++) {
    journal.message(facts(i), message(`id-${i}`, 'x'.repeat(2000)))
    await turn()
  }
  await durable(journal)
  for (let i = 0; i < 60; i++) await turn()
  expect(owner.evacuations.length).toBeGreaterThan(0)
  expect(owner.evacuations.length).toBeLessThan(5)
  expect(journal.read(stuck).message.id).toBe('stuck')
  expect(() => journal.hold(first)).toThrow('INTERNAL')
  expect(disk.list(`/store/channels/${disk.list('/store/channels')[0]}`).length).toBeLessThan(12)
  await store.close()
  expect((await reread('/store', { disk })).words).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining('stuck') }),
  )
})
