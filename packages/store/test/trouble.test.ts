/** What happens when the disk fails or is full: nothing is promised that may not hold, and nothing is lost. */

import { ManualClock } from 'busbar/testing'
import { expect, it } from 'vitest'
import { CrashDisk } from '../src/testing.js'
import { seeded } from './history.js'
import { codeOf, durable, open, opened, reread } from './opened.js'
import { channel, facts, message, Told } from './told.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

for (const operation of ['datasync', 'write'] as const) {
  it(`F44 after a failed ${operation} nothing is reported as on disk, and nothing is tried again`, async () => {
    const disk = new CrashDisk(seeded(1))
    const events: string[] = []
    const store = await open('/store', { disk, log: (_level, event) => events.push(event) })
    const journal = opened(store)
    journal.message(facts(0), message('kept'))
    await durable(journal)
    await turn()
    let failures = 0
    disk.fault = (what) => (what === operation && failures++ === 0 ? 'EIO' : undefined)
    const outcomes: string[] = []
    for (let i = 1; i < 4; i++) {
      journal.message(facts(i), message(`id-${i}`))
      journal.whenDurable((failure) => outcomes.push(`${i} ${failure?.code} ${failure?.outcome}`))
    }
    expect((await store.failed).code).toBe('STORE_FAILED')
    await turn()
    const unknown = [1, 2, 3].map((i) => `${i} STORE_FAILED unknown`)
    expect(outcomes).toEqual(unknown)
    expect(store.refusal?.code).toBe('STORE_FAILED')
    let touched = 0
    disk.fault = (what) => {
      if (what === 'write' || what === 'sync' || what === 'datasync') touched++
      return undefined
    }
    journal.message(facts(4), message('late'))
    journal.mark('done', 1, 0)
    await expect(durable(journal)).rejects.toThrow('STORE_FAILED')
    await expect(store.close()).rejects.toThrow('STORE_FAILED')
    expect(touched).toBe(0)
    expect(events.filter((event) => event === 'store-failed').length).toBe(1)
    const told = await reread('/store', { disk: disk.crash() })
    expect(told.words.length).toBeGreaterThan(0)
  })
}

it('F44 a failure in one journal ends the others too', async () => {
  const disk = new CrashDisk(seeded(1))
  const store = await open('/store', { disk })
  const journal = opened(store)
  const other = store.open(channel('other'), new Told())
  await Promise.all([durable(journal), durable(other)])
  const syncs: (() => void)[] = []
  disk.onDatasync = (finish) => syncs.push(finish)
  other.message(facts(0), message('o', '{}', 'other'))
  const waiting = durable(other)
  await turn()
  disk.fault = (what, path) => (what === 'datasync' && path.includes('a_b') ? 'EIO' : undefined)
  journal.message(facts(0), message('a'))
  await expect(durable(journal)).rejects.toThrow('STORE_FAILED')
  await expect(waiting).rejects.toThrow('STORE_FAILED')
  expect(syncs.length).toBe(1)
  expect(await codeOf(() => Promise.resolve().then(() => store.open(channel('third'), new Told())))).toBe(
    'STORE_FAILED',
  )
})

it('a full disk refuses new messages, loses none, and heals by itself', async () => {
  const disk = new CrashDisk(seeded(1))
  const clock = new ManualClock()
  const events: string[] = []
  const refusals: (string | undefined)[] = []
  const store = await open('/store', {
    disk,
    clock,
    log: (_level, event) => events.push(event),
    onRefusal: (refusal) => refusals.push(refusal?.code),
  })
  const journal = opened(store)
  await durable(journal)
  await turn()
  disk.roomBytes = 700
  const outcomes: number[] = []
  const places: number[] = []
  for (let i = 0; i < 5; i++) {
    places.push(journal.message(facts(i), message(`id-${i}`, 'x'.repeat(300))))
    journal.whenDurable((failure) => outcomes.push(failure === undefined ? i : -1))
  }
  await turn()
  await turn()
  expect(store.refusal?.code).toBe('STORE_FULL')
  expect(store.refusal?.outcome).toBe('rejected')
  journal.mark('done', 1, 0)
  clock.advance(600)
  await turn()
  expect(outcomes).not.toContain(4)
  for (const [i, place] of places.entries()) expect(journal.read(place).offset).toBe(i)
  disk.roomBytes = 1e6
  clock.advance(600)
  await durable(journal)
  expect(outcomes).toEqual([0, 1, 2, 3, 4])
  expect(store.refusal).toBeUndefined()
  expect(refusals).toEqual(['STORE_FULL', undefined])
  expect(events).toEqual(['store-full', 'store-has-room'])
  const told = await reread('/store', { disk: disk.kill() })
  expect(told.words.length).toBe(6)
})

it('below the low-water mark new messages are refused with both numbers, and marks are still kept', async () => {
  const disk = new CrashDisk(seeded(1))
  const clock = new ManualClock()
  const events: string[] = []
  const log = (_level: string, event: string): unknown => events.push(event)
  const store = await open('/store', { disk, clock, minFreeBytes: 1600, log })
  const journal = opened(store)
  expect(store.refusal).toBeUndefined()
  disk.free = 1500
  clock.advance(600)
  expect(store.refusal?.code).toBe('STORE_FULL')
  expect(store.refusal?.message).toMatch(/1500.*1600/)
  journal.mark('done', 1, 0)
  await durable(journal)
  disk.free = 1650
  clock.advance(600)
  expect(store.refusal?.code).toBe('STORE_FULL')
  disk.free = 1700
  clock.advance(600)
  expect(store.refusal).toBeUndefined()
  expect(events).toEqual(['store-full', 'store-has-room'])
  expect(clock.timers).toBe(0)
  await store.close()
})

it('a store without room to close in order still unlocks, and says who waited in vain', async () => {
  const disk = new CrashDisk(seeded(1))
  const store = await open('/store', { disk, clock: new ManualClock() })
  const journal = opened(store)
  await durable(journal)
  await turn()
  disk.roomBytes = 0
  journal.message(facts(0), message('a'))
  const waiting = durable(journal)
  await turn()
  const closed = store.close()
  await expect(waiting).rejects.toMatchObject({ outcome: 'unknown' })
  await expect(closed).rejects.toMatchObject({ code: 'STORE_FULL', outcome: 'unknown' })
  disk.roomBytes = 1e6
  expect((await reread('/store', { disk })).words).toEqual([])
})
