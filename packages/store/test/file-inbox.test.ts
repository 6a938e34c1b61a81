/** The inbox in files keeps what every inbox must keep, together with the state of its effects, within bounds. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { inboxCases } from '@busbar/inbox/testing'
import { ManualClock } from 'busbar/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { channelDirName } from '../src/channel-dirs.js'
import { inboxChannel } from '../src/inbox/inbox-channel.js'
import { type FileInbox, type FileInboxOptions, type FileTransaction, fileInbox } from '../src/index.js'
import { CrashDisk } from '../src/testing.js'
import { seeded } from './history.js'
import { codeOf, open, opened, scratch } from './opened.js'

const nothing = async (): Promise<void> => undefined
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const fresh = scratch()

/** Closed after the test, whatever became of its disk. */
async function inboxAt(dir: string, options: Partial<FileInboxOptions> = {}): Promise<FileInbox> {
  const inbox = await fileInbox({ dir, minFreeBytes: 0, ...options })
  onTestFinished(() => inbox.close().catch(() => undefined))
  return inbox
}

const onDisk = (options: Partial<FileInboxOptions> = {}): Promise<FileInbox> =>
  inboxAt('/inbox', { disk: new CrashDisk(seeded(1)), ...options })

/** Reads, lets others have a turn, and writes: a lost update for every second that gets between. */
async function raise(tx: FileTransaction, key = 'count'): Promise<void> {
  const before = Number(tx.get(key) ?? 0)
  await turn()
  tx.set(key, before + 1)
}

describe('an inbox in files', () => {
  for (const { name, run } of inboxCases) it(`D1 ${name}`, async () => run(await inboxAt(fresh())))

  it('D1 finds marks and state again after it was closed', async () => {
    const dir = fresh()
    const first = await inboxAt(dir)
    await first.run('s', '1', async (tx) => {
      tx.set('a', { lamps: [1, 2.5, null], __proto__: null, ключ: '"\u0000"' })
      tx.set('b', 1)
    })
    await first.run('s', '2', async (tx) => tx.delete('b'))
    await first.close()
    const second = await inboxAt(dir)
    expect(second.size).toBe(2)
    expect(second.get('a')).toEqual({ lamps: [1, 2.5, null], ключ: '"\u0000"' })
    expect(second.get('b')).toBeUndefined()
    expect(await second.run('s', '1', nothing)).toBe(false)
    expect(await second.run('other', '1', nothing)).toBe(true)
  })

  it('D1 an effect that throws leaves neither state nor mark', async () => {
    const inbox = await onDisk()
    await inbox.run('s', '1', async (tx) => tx.set('kept', 1))
    const spoil = async (tx: FileTransaction): Promise<void> => {
      tx.set('new', 1)
      tx.delete('kept')
      throw new Error('no')
    }
    await expect(inbox.run('s', '2', spoil)).rejects.toThrow('no')
    expect([inbox.get('kept'), inbox.get('new'), inbox.size]).toEqual([1, undefined, 1])
    expect(await inbox.run('s', '2', async (tx) => tx.set('new', tx.get('kept') ?? 0))).toBe(true)
    expect(inbox.get('new')).toBe(1)
  })

  it('D1 effects of different messages do not overwrite each other', async () => {
    const inbox = await onDisk()
    const ids = Array.from({ length: 50 }, (_, n) => String(n))
    await Promise.all([...ids, ...ids].map((id) => inbox.run('s', id, (tx) => raise(tx))))
    expect(inbox.get('count')).toBe(50)
  })

  it('D1 an effect sees its own changes, and nobody can change a value from outside', async () => {
    const inbox = await onDisk()
    const list = [1]
    await inbox.run('s', '1', async (tx) => {
      tx.set('list', list)
      list.push(2)
      expect(tx.get('list')).toEqual([1])
      tx.delete('list')
      expect(tx.get('list')).toBeUndefined()
      tx.set('list', list)
    })
    list.push(3)
    expect(inbox.get('list')).toEqual([1, 2])
    const copy = inbox.get('list')
    if (Array.isArray(copy)) copy.push(4)
    expect(inbox.get('list')).toEqual([1, 2])
  })

  it('D1 refuses a transaction whose effect is over', async () => {
    const inbox = await onDisk()
    let leaked: FileTransaction | undefined
    await inbox.run('s', '1', async (tx) => {
      leaked = tx
    })
    for (const use of [() => leaked?.set('a', 1), () => leaked?.get('a'), () => leaked?.delete('a')])
      expect(use).toThrow('CLOSED')
  })

  it('D1 refuses values that JSON would not bring back, and then nothing stays', async () => {
    const inbox = await onDisk()
    const cycle: Record<string, unknown> = {}
    cycle.cycle = cycle
    const values = [Number.NaN, -0, undefined, 1n, new Date(0), [undefined], { at: new Map() }, cycle]
    for (const value of values) {
      // As plain JavaScript could.
      const set = (tx: FileTransaction) => Promise.resolve(tx.set('a', value as never))
      await expect(inbox.run('s', '1', set)).rejects.toThrow(/UNENCODABLE|DEPTH_EXCEEDED/)
    }
    expect([inbox.size, inbox.get('a')]).toEqual([0, undefined])
  })
})

describe('the bounds of an inbox in files', () => {
  it('F60 forgets an id after keepMs, over restarts and clocks that were set back', async () => {
    const dir = fresh()
    const first = new ManualClock()
    const before = await inboxAt(dir, { keepMs: 1_000, clock: first })
    await before.run('s', '1', nothing)
    first.advance(600)
    await before.run('s', '2', nothing)
    expect(await before.run('s', '1', nothing)).toBe(false)
    await before.close()
    const back = new ManualClock(1_000_000_000_000 - 3_600_000)
    const after = await inboxAt(dir, { keepMs: 1_000, clock: back })
    expect(after.size).toBe(2)
    back.advance(400)
    expect(after.size).toBe(1)
    expect(await after.run('s', '1', nothing)).toBe(true)
    back.advance(600)
    expect(await after.run('s', '2', nothing)).toBe(true)
    expect(after.forgotten).toBe(0)
  })

  it('F61 100,000 ids hold no more than maxIds in memory and on disk, and what was forgotten early is counted', async () => {
    const dir = fresh()
    const inbox = await inboxAt(dir, { maxIds: 1_000, segmentBytes: 64 * 1024 })
    for (let from = 0; from < 100_000; from += 1_000) {
      const batch = Array.from({ length: 1_000 }, (_, n) => String(from + n))
      await Promise.all(batch.map((id) => inbox.run('s', id, async (tx) => tx.set('last', id))))
    }
    expect([inbox.size, inbox.forgotten, inbox.get('last')]).toEqual([1_000, 99_000, '99999'])
    await inbox.close()
    const segments = readdirSync(join(dir, 'channels', channelDirName(inboxChannel.name)))
    expect(segments.length).toBeLessThan(12)
    const again = await inboxAt(dir, { maxIds: 1_000 })
    expect([again.size, again.forgotten, again.get('last')]).toEqual([1_000, 0, '99999'])
    expect(await again.run('s', '99000', nothing)).toBe(false)
    expect(await again.run('s', '98999', nothing)).toBe(true)
  })

  it('F61 remembers fewer ids than maxIds when they are very long, so that all fit into a checkpoint', async () => {
    const inbox = await onDisk({ maxIds: 1_000_000 })
    const long = '"'.repeat(500)
    for (let from = 0; from < 30_000; from += 1_000) {
      const batch = Array.from({ length: 1_000 }, (_, n) => `${from + n} ${long}`)
      await Promise.all(batch.map((id) => inbox.run('s', id, nothing)))
    }
    expect(inbox.size).toBeGreaterThan(20_000)
    expect(inbox.size + inbox.forgotten).toBe(30_000)
    expect(inbox.forgotten).toBeGreaterThan(0)
  })

  it('F61 refuses more state than a checkpoint takes, and one that shrinks it', async () => {
    const inbox = await onDisk()
    const megabytes = (count: number): string => 'x'.repeat(count * 1024 * 1024)
    await inbox.run('s', '1', async (tx) => tx.set('a', megabytes(15)))
    await inbox.run('s', '2', async (tx) => tx.set('b', megabytes(15)))
    const third = (count: number) => inbox.run('s', '3', async (tx) => tx.set('c', megabytes(count)))
    expect(await codeOf(() => third(3))).toBe('LIMIT_EXCEEDED')
    expect(await codeOf(() => third(17))).toBe('LIMIT_EXCEEDED')
    expect([inbox.size, inbox.get('c')]).toEqual([2, undefined])
    await inbox.run('s', '3', async (tx) => {
      tx.delete('a')
      tx.set('c', megabytes(3))
    })
    expect(await codeOf(() => inbox.run('s', '4', async (tx) => tx.set('d', megabytes(17))))).not.toBe('none')
    expect(await inbox.run('s', '4', nothing)).toBe(true)
  })

  it('F61 over many segments everything is read back from the last checkpoint', async () => {
    const dir = fresh()
    const inbox = await inboxAt(dir, { segmentBytes: 4_096 })
    const numbers = Array.from({ length: 2_000 }, (_, n) => n)
    for (const n of numbers) {
      await inbox.run('s', String(n), async (tx) => {
        tx.set(`key ${n}`, n)
        if (n % 3 === 0) tx.delete(`key ${n - 100}`)
      })
    }
    const values = (of: FileInbox) => numbers.map((n) => of.get(`key ${n}`))
    const expected = values(inbox)
    await inbox.close()
    expect(readdirSync(join(dir, 'channels', channelDirName(inboxChannel.name))).length).toBeLessThan(8)
    const again = await inboxAt(dir)
    expect(values(again)).toEqual(expected)
    expect(expected.filter((value) => value === undefined).length).toBe(633)
    expect(again.size).toBe(2_000)
    for (const id of ['0', '1000', '1999']) expect(await again.run('s', id, nothing)).toBe(false)
  })

  it('F80 refuses limits that are none, and options that a store does not have', async () => {
    for (const options of [{ keepMs: 0 }, { maxIds: Number.NaN }, { keepMs: 1.5 }, { keepDays: 1 }])
      expect(await codeOf(() => fileInbox({ dir: fresh(), ...options }))).toBe('INVALID_OPTION')
  })
})

describe('the directory of an inbox in files', () => {
  it('F47 is for one process, and free again after a close', async () => {
    const dir = fresh()
    const inbox = await inboxAt(dir)
    expect(await codeOf(() => fileInbox({ dir, minFreeBytes: 0 }))).toBe('STORE_LOCKED')
    await inbox.close()
    await inbox.close()
    expect(await codeOf(() => inbox.run('s', '1', nothing))).toBe('CLOSED')
    await inboxAt(dir)
  })

  it('F48 is not that of a hub, which stays as it is', async () => {
    const dir = fresh()
    const store = await open(dir)
    opened(store)
    await store.close()
    expect(await codeOf(() => fileInbox({ dir, minFreeBytes: 0 }))).toBe('STORE_UNUSABLE')
    const again = await open(dir)
    expect(again.channels.map(({ name }) => name)).toEqual(['a.b'])
    await again.close()
  })

  it('F48 with notes of a later version is refused', async () => {
    const dir = fresh()
    const store = await open(dir)
    const owner = { message: nothing, mark: nothing, note: nothing, evacuate: nothing }
    const journal = store.open(inboxChannel, { ...owner, checkpoint: () => ({ op: 'checkpoint' }) })
    journal.note({ op: 'done', mark: 7 })
    await store.close()
    expect(await codeOf(() => fileInbox({ dir, minFreeBytes: 0 }))).toBe('STORE_UNUSABLE')
  })

  it('F45 closes only when the effect that runs is over, and keeps what it did', async () => {
    const dir = fresh()
    const inbox = await inboxAt(dir)
    let finish = (): void => undefined
    const running = inbox.run('s', '1', async (tx) => {
      await new Promise<void>((resolve) => (finish = resolve))
      tx.set('a', 1)
    })
    const waiting = codeOf(() => inbox.run('s', '2', nothing))
    await turn()
    const closed = inbox.close()
    await turn()
    finish()
    expect([await running, await waiting]).toEqual([true, 'CLOSED'])
    await closed
    const again = await inboxAt(dir)
    expect([again.get('a'), again.size]).toEqual([1, 1])
  })
})
