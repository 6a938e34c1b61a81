/** An inbox in files over crashes, failing disks and full ones: state and marks are told apart by nothing. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type FileInbox, type FileInboxOptions, type FileTransaction, fileInbox } from '../src/index.js'
import { CrashDisk } from '../src/testing.js'
import { seeded } from './history.js'
import { codeOf } from './opened.js'

const nothing = async (): Promise<void> => undefined
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const inboxOn = (disk: CrashDisk, options: Partial<FileInboxOptions> = {}): Promise<FileInbox> =>
  fileInbox({ dir: '/inbox', minFreeBytes: 0, disk, ...options })
const raise = async (tx: FileTransaction): Promise<void> => {
  const before = Number(tx.get('count') ?? 0)
  await Promise.resolve()
  tx.set('count', before + 1)
}

it('F44 says that an effect is done only when it is on disk: to the first, to its copies, and to readers', async () => {
  const disk = new CrashDisk(seeded(1))
  const inbox = await inboxOn(disk)
  await turn()
  const syncs: (() => void)[] = []
  disk.onDatasync = (finish) => syncs.push(finish)
  const said: string[] = []
  const run = (id: string): Promise<void> =>
    inbox.run('s', id, raise).then((is) => void said.push(`${id} ${is}`))
  const all = [run('1'), run('1'), run('2')]
  for (let i = 0; i < 5; i++) await turn()
  expect([said, inbox.get('count'), inbox.size]).toEqual([[], undefined, 2])
  while (said.length < 3) {
    for (const finish of syncs.splice(0)) finish()
    await turn()
  }
  await Promise.all(all)
  expect(said.toSorted()).toEqual(['1 false', '1 true', '2 true'])
  expect(inbox.get('count')).toBe(2)
})

const runs = Number(process.env.BUSBAR_CRASH_RUNS ?? 200)

it(`F44 after ${runs} random crashes the state is that of the marks, and nothing that was said to be done is missing`, async () => {
  let lost = 0
  let kept = 0
  const property = fc.asyncProperty(fc.integer(), fc.nat(60), fc.nat(40), async (seed, many, turns) => {
    const random = seeded(seed)
    let disk = new CrashDisk(random)
    const done = new Set<string>()
    let asked = 0
    for (let life = 0; life < 3; life++) {
      const inbox = await inboxOn(disk, { segmentBytes: 4_096 })
      const waiting: (() => void)[] = []
      disk.onDatasync = (finish) => waiting.push(finish)
      for (let n = 0; n < many; n++) {
        const id = String(Math.floor(random() * (asked + 1)))
        asked = Math.max(asked, Number(id) + 1)
        const effect = async (tx: FileTransaction): Promise<void> => {
          await raise(tx)
          tx.set(`did ${id}`, true)
        }
        inbox.run('s', id, effect).then(
          () => done.add(id),
          () => undefined,
        )
      }
      for (let i = 0; i < turns; i++) {
        if (random() < 0.5) waiting.shift()?.()
        await turn()
      }
      disk = random() < 0.5 ? disk.crash() : disk.kill()
      const found = await inboxOn(disk.copy())
      expect(found.get('count') ?? 0).toBe(found.size)
      if (found.size < asked) lost++
      for (const id of done) expect(found.get(`did ${id}`)).toBe(true)
      for (let id = 0; id < asked; id++) {
        const isDone = found.get(`did ${id}`) === true
        expect(await found.run('s', String(id), nothing)).toBe(!isDone)
      }
      kept += done.size
      await found.close()
    }
  })
  await fc.assert(property, { numRuns: runs })
  // The crashes are worth something: they come when something is under way, and when something was done.
  expect(lost).toBeGreaterThan(runs / 10)
  expect(kept).toBeGreaterThan(runs)
})

it('F44 a checkpoint has what is only on its way to the disk', async () => {
  const disk = new CrashDisk(seeded(1))
  const inbox = await inboxOn(disk, { segmentBytes: 4_096 })
  const keys = Array.from({ length: 500 }, (_, n) => `key ${n}`)
  for (let from = 0; from < keys.length; from += 100) {
    const batch = keys.slice(from, from + 100)
    await Promise.all(batch.map((key) => inbox.run('s', key, async (tx) => tx.set(key, 1))))
    // Old segments go meanwhile.
    for (let i = 0; i < 5; i++) await turn()
  }
  await inbox.close()
  expect(disk.list('/inbox/channels').flatMap((name) => disk.list(`/inbox/channels/${name}`))).toHaveLength(2)
  const again = await inboxOn(disk)
  expect(keys.filter((key) => again.get(key) !== 1)).toEqual([])
  expect(again.size).toBe(500)
})

it('F44 after a failed sync it says so, has no effect any more, and what it shows is what is on disk', async () => {
  const disk = new CrashDisk(seeded(1))
  const inbox = await inboxOn(disk)
  await inbox.run('s', '1', raise)
  await turn()
  disk.fault = (what) => (what === 'datasync' ? 'EIO' : undefined)
  expect(await codeOf(() => inbox.run('s', '2', raise))).toBe('STORE_FAILED')
  expect((await inbox.failed).code).toBe('STORE_FAILED')
  let effects = 0
  for (const id of ['1', '2', '3']) {
    const effect = async (): Promise<void> => {
      effects += 1
    }
    expect(await codeOf(() => inbox.run('s', id, effect))).toBe('STORE_FAILED')
  }
  expect([effects, inbox.get('count')]).toEqual([0, 1])
  await expect(inbox.close()).rejects.toThrow('STORE_FAILED')
})

it('F44 without room it waits and goes on by itself; below the low-water mark it goes on', async () => {
  const disk = new CrashDisk(seeded(1))
  disk.free = 1
  const inbox = await fileInbox({ dir: '/inbox', minFreeBytes: 1_000, disk })
  expect(await inbox.run('s', '1', raise)).toBe(true)
  disk.roomBytes = 10
  let isDone = false
  const full = inbox.run('s', '2', raise).then(() => {
    isDone = true
  })
  for (let i = 0; i < 5; i++) await turn()
  expect([isDone, inbox.get('count')]).toEqual([false, 1])
  disk.roomBytes = Number.POSITIVE_INFINITY
  await full
  expect(inbox.get('count')).toBe(2)
  await inbox.close()
})

it('F45 an inbox that is killed while it starts is found whole', async () => {
  const disk = new CrashDisk(seeded(1))
  const inbox = await inboxOn(disk)
  for (const id of ['1', '2', '3']) await inbox.run('s', id, raise)
  let now = disk.kill()
  for (let operations = 1; operations < 40; operations++) {
    let left = operations
    now.fault = () => (left-- > 0 ? undefined : 'EBADF')
    await inboxOn(now).catch(() => undefined)
    now = operations % 2 === 0 ? now.crash() : now.kill()
  }
  const again = await inboxOn(now)
  expect([again.get('count'), again.size]).toEqual([3, 3])
})
