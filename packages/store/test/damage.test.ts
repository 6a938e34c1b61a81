/** Damage to what was on disk is told with its place, and never delivered; what a crash left half written is cut off. */

import { expect, it } from 'vitest'
import { CrashDisk } from '../src/testing.js'
import { seeded } from './history.js'
import { codeOf, durable, open, opened, reread } from './opened.js'
import { facts, message, Told, type Word } from './told.js'

const options = (disk: CrashDisk): { disk: CrashDisk; segmentBytes: number; makeSalt: () => number } => ({
  disk,
  segmentBytes: 4096,
  makeSalt: () => 77,
})

/** Every file of a small store that was closed in order, with two segments. */
async function closedStore(): Promise<{ disk: CrashDisk; files: string[]; words: readonly Word[] }> {
  const disk = new CrashDisk(seeded(1))
  const store = await open('/store', options(disk))
  const owner = new Told()
  const journal = opened(store, owner)
  for (let i = 0; i < 16; i++) {
    journal.hold(journal.message(facts(i), message(`id-${i}`, 'x'.repeat(400))))
    journal.mark('leased', 1, i)
    if (i % 4 === 0) journal.note({ op: 'n' })
    await durable(journal)
  }
  await store.close()
  const words = (await reread('/store', options(disk.copy()))).words
  const dir = `/store/channels/${disk.list('/store/channels')[0]}`
  const files = disk.list(dir).map((name) => `${dir}/${name}`)
  expect(files.length).toBe(3)
  return { disk, files: [...files, '/store/busbar-store.json'], words }
}

it('F48 a flipped bit in any byte of a closed store is found when it is opened, and nothing wrong is said', async () => {
  const { disk, files, words } = await closedStore()
  for (const path of files) {
    const { bytes = 0 } = disk.facts(path) ?? {}
    for (let position = 0; position < bytes; position++) {
      const damaged = disk.copy()
      damaged.flip(path, position, 1 << (position % 8))
      let said = words
      const code = await codeOf(async () => {
        said = (await reread('/store', options(damaged))).words
      })
      expect(said).toEqual(words)
      if (path.endsWith('.log'))
        expect(`${path} ${position} ${code}`).toBe(`${path} ${position} STORE_CORRUPT`)
      else expect(['STORE_CORRUPT', 'STORE_UNUSABLE']).toContain(code)
    }
  }
}, 60_000)

it('F48 a file that is shorter than it was, or missing, is found after the store was closed', async () => {
  const { disk, files } = await closedStore()
  for (const path of files.filter((name) => name.endsWith('.log'))) {
    const { bytes = 0 } = disk.facts(path) ?? {}
    for (let length = 0; length < bytes; length += length > 100 && length < bytes - 100 ? 37 : 1) {
      const damaged = disk.copy()
      const file = damaged.open(path, 'write')
      damaged.truncate(file, length)
      damaged.close(file)
      expect(`${length} ${await codeOf(() => reread('/store', options(damaged)))}`).toBe(
        `${length} STORE_CORRUPT`,
      )
      // Nor does a second start find it in order.
      expect(await codeOf(() => reread('/store', options(damaged)))).toBe('STORE_CORRUPT')
    }
    const missing = disk.copy()
    missing.unlink(path)
    expect(await codeOf(() => reread('/store', options(missing)))).toBe('STORE_CORRUPT')
  }
}, 60_000)

it('F44 what a kill left half written is cut off and told, and the next start finds nothing to cut', async () => {
  let disk = new CrashDisk(seeded(2))
  const store = await open('/store', options(disk))
  const journal = opened(store)
  journal.message(facts(0), message('kept', 'x'.repeat(500)))
  await durable(journal)
  journal.message(facts(1), message('torn', 'y'.repeat(500)))
  journal.write()
  disk = disk.kill()
  const path = `/store/channels/${disk.list('/store/channels')[0]}/0000000001.log`
  const { bytes = 0 } = disk.facts(path) ?? {}
  const file = disk.open(path, 'write')
  disk.truncate(file, bytes - 100)
  disk.close(file)
  const events: unknown[] = []
  const log = (_level: string, event: string, fields: object): unknown => events.push([event, fields])
  const told = await reread('/store', { ...options(disk), log })
  expect(told.words).toEqual([expect.objectContaining({ offset: 0 })])
  expect(events).toEqual([
    ['store-tail-cut', { file: path, position: expect.any(Number), bytes: expect.any(Number) }],
  ])
  events.length = 0
  await reread('/store', { ...options(disk), log })
  expect(events).toEqual([])
})

it('damage behind which a record says that all was on disk is no torn tail, though the process was killed', async () => {
  let disk = new CrashDisk(seeded(3))
  const store = await open('/store', options(disk))
  const journal = opened(store)
  const place = journal.message(facts(0), message('kept', 'x'.repeat(500)))
  await durable(journal)
  // The turn after the sync writes what says so.
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  disk = disk.kill()
  const path = `/store/channels/${disk.list('/store/channels')[0]}/0000000001.log`
  disk.flip(path, place + 200 - 2 ** 27, 4)
  await expect(reread('/store', options(disk))).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
    details: { file: path, position: place - 2 ** 27 },
  })
})

it('F48 reading a record that was damaged meanwhile is STORE_CORRUPT, and ends the store as a failed disk does', async () => {
  const disk = new CrashDisk(seeded(4))
  const store = await open('/store', options(disk))
  const journal = opened(store)
  const places = [0, 1, 2].map((i) => journal.message(facts(i), message(`id-${i}`, 'x'.repeat(500))))
  await durable(journal)
  const path = `/store/channels/${disk.list('/store/channels')[0]}/0000000001.log`
  disk.flip(path, (places[1] as number) + 100 - 2 ** 27, 1)
  expect(journal.read(places[0] as number).offset).toBe(0)
  expect(() => journal.read(places[1] as number)).toThrow('STORE_CORRUPT')
  expect(await store.failed).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining(path) })
  expect(store.refusal).toMatchObject({ code: 'STORE_FAILED' })
  expect(() => journal.readFrom(places[0] as number, 5000)).toThrow('STORE_FAILED')
  expect(journal.read(places[2] as number).offset).toBe(2)
  await expect(store.close()).rejects.toMatchObject({ code: 'STORE_FAILED' })
})

it('a payload that imitates records is never taken for one', async () => {
  const disk = new CrashDisk(seeded(5))
  const first = await open('/store', options(disk))
  const journal = opened(first)
  journal.message(facts(0), message('a', 'x'.repeat(100)))
  await first.close()
  const dir = `/store/channels/${disk.list('/store/channels')[0]}`
  const file = disk.open(`${dir}/0000000001.log`, 'read')
  const copied = Buffer.alloc(disk.size(file))
  disk.read(file, copied, 0, copied.length, 0)
  const store = await open('/store', options(disk))
  const again = opened(store)
  again.message(facts(1), message('b', Uint8Array.from(copied)))
  again.message(facts(2), message('c', 'z'.repeat(300)))
  again.write()
  const killed = disk.kill()
  // The imitation now stands where the walk stops.
  killed.flip(`${dir}/0000000001.log`, copied.length + 20, 1)
  expect((await reread('/store', options(killed))).words.length).toBe(1)
})
