/** A durable stream of the engine on the store: what was receipted or read is there after every crash, in its place. */

import { expect, it } from 'vitest'
import { CrashDisk } from '../src/testing.js'
import { numberOf, openStream } from './stream-world.js'

const dir = '/store'

function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Lives through `lives` crashes in the middle of appends; gives how many records were receipted. */
async function live(seed: number, lives: number): Promise<number> {
  const random = randomOf(seed)
  let disk = new CrashDisk(random)
  /** The number in the record, by offset, of all that anybody was told of. */
  const told = new Map<number, number>()
  const settled = new Set<number>()
  let lastNumber = 0
  for (let life = 0; life < lives; life++) {
    disk.onDatasync = (finish) => void turns(Math.floor(random() * 4)).then(finish)
    const world = await openStream({ dir, disk, segmentBytes: 8_192 })
    const replayed: number[] = []
    await world.replay('start', (offset, message) => {
      expect(offset).toBe(replayed.length)
      replayed.push(numberOf(message))
    })
    for (const [offset, number] of told) expect(replayed[offset]).toBe(number)
    const again: number[] = []
    await world.replay('start', (offset) => void again.push(offset), { group: 'a', credit: 3 })
    for (const offset of again) expect(settled.has(offset)).toBe(false)
    await world.engine.flushed(world.channel)
    for (let offset = 0; offset < replayed.length; offset++) settled.add(offset)
    // Once it was replayed it must not change any more, receipted or not.
    for (const [offset, number] of replayed.entries()) told.set(offset, number)

    const reader = world.follow((offset, message) => void told.set(offset, numberOf(message)))
    const crashAfter = Math.floor(random() * 200)
    for (let n = 0; n < crashAfter; n++) {
      const number = ++lastNumber
      Promise.resolve(world.append(number)).then(
        ({ offset = -1 }) => void told.set(offset, number),
        () => undefined,
      )
      if (random() < 0.1) await turns(1)
    }
    if (random() < 0.5) await turns(1)
    reader.stop()
    disk = random() < 0.5 ? disk.crash() : disk.kill()
    world.engine.close()
  }
  return told.size
}

it('S1 S2 S3 F44 F49 loses, alters and renumbers nothing that was receipted or read, over 100 crashes', async () => {
  let receipted = 0
  for (let seed = 1; seed <= 10; seed++) receipted += await live(seed, 10)
  expect(receipted).toBeGreaterThan(1_000)
})
