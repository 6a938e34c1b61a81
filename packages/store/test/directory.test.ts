/** Whose directory a store takes, and whose it leaves alone. */

import { fork } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { encodeChecked } from '../src/checked-json.js'
import { CrashDisk } from '../src/testing.js'
import { codeOf, durable, open, opened, reread, scratch } from './opened.js'
import { channel, facts, message, Told } from './told.js'

const fresh = scratch()

describe('the directory', () => {
  it('F48 is made when it is missing, and used when it is empty', async () => {
    const dir = fresh()
    await (await open(dir)).close()
    expect(readdirSync(dir).sort()).toEqual(['busbar-store.json', 'channels', 'lock'])
    const other = fresh()
    mkdirSync(other)
    mkdirSync(join(other, 'lost+found'))
    await (await open(other)).close()
  })

  it('F48 is refused without a change when it is a file, foreign, below nothing, or of another format', async () => {
    const file = fresh()
    writeFileSync(file, '')
    expect(await codeOf(() => open(file))).toBe('STORE_UNUSABLE')
    const foreign = fresh()
    mkdirSync(foreign)
    writeFileSync(join(foreign, 'thesis.txt'), 'mine')
    await expect(open(foreign)).rejects.toThrow('thesis.txt')
    expect(readdirSync(foreign)).toEqual(['thesis.txt'])
    await expect(open(join(fresh(), 'below'))).rejects.toThrow('the directory above it is missing')
    const newer = fresh()
    mkdirSync(newer)
    writeFileSync(join(newer, 'busbar-store.json'), encodeChecked({ format: 2, anything: true }))
    await expect(open(newer)).rejects.toThrow('a format that this version does not know')
    expect(readFileSync(join(newer, 'busbar-store.json'), 'utf8')).toBe(
      encodeChecked({ format: 2, anything: true }),
    )
  })

  it('F48 is never begun anew when the head of a store with records is gone', async () => {
    const dir = fresh()
    await (await open(dir)).close()
    rmSync(join(dir, 'busbar-store.json'))
    expect(await codeOf(() => open(dir))).toBe('STORE_UNUSABLE')
  })

  it('F48 is refused when nothing can be written there', async () => {
    const disk = new CrashDisk(() => 0)
    disk.fault = (operation) => (operation === 'open' ? 'EROFS' : undefined)
    await expect(open('/store', { disk })).rejects.toThrow(/STORE_UNUSABLE: \/store cannot be used: EROFS/)
    disk.fault = (operation) => (operation === 'open' ? 'EACCES' : undefined)
    expect(await codeOf(() => open('/store', { disk }))).toBe('STORE_UNUSABLE')
  })

  it('F82 is warned about when others can read it', async () => {
    const dir = fresh()
    mkdirSync(dir)
    chmodSync(dir, 0o755)
    const events: unknown[] = []
    await (
      await open(dir, { log: (level, event, fields) => events.push([level, event, fields.mode]) })
    ).close()
    expect(events).toContainEqual(['warn', 'store-open-to-others', '755'])
  })

  it('F80 takes no unknown option and no value out of range', async () => {
    expect(await codeOf(() => open(fresh(), { segmentBytes: 100 }))).toBe('INVALID_OPTION')
    expect(await codeOf(() => open(fresh(), { minFreeBytes: Number.NaN }))).toBe('INVALID_OPTION')
    expect(await codeOf(() => open(fresh(), { dir: '', ...{ minFree: 3 } }))).toBe('INVALID_OPTION')
  })
})

describe('the lock', () => {
  it('F47 keeps out a second store, in this process too, and names the process that has it', async () => {
    const dir = fresh()
    const store = await open(dir)
    await expect(open(dir)).rejects.toThrow(`is in use by process ${process.pid}`)
    const journal = opened(store)
    journal.message(facts(0), message('a'))
    await durable(journal)
    await store.close()
    expect((await reread(dir)).words.length).toBe(1)
  })

  it('F47 vanishes with the process that had it', async () => {
    const dir = fresh()
    const code = `
      const { openSync } = require('node:fs')
      const { tryLock } = require('fs-native-extensions')
      process.send(tryLock(openSync(process.argv[2], 'a')))
      setInterval(() => {}, 1000)`
    mkdirSync(dir)
    const script = join(dirname(dir), 'holder.cjs')
    const packageDir = fileURLToPath(new URL('..', import.meta.url))
    writeFileSync(script, code)
    const child = fork(script, [join(dir, 'lock')], {
      env: { ...process.env, NODE_PATH: join(packageDir, 'node_modules') },
    })
    expect(await new Promise((resolve) => child.once('message', resolve))).toBe(true)
    expect(await codeOf(() => open(dir))).toBe('STORE_LOCKED')
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    await (await open(dir)).close()
  })
})

describe('the channels', () => {
  it('Q1 keeps names apart that a file system may not, and any characters', async () => {
    const dir = fresh()
    const names = ['a.b', 'A.b', 'a_b', '../up', 'con', 'é\u{1f600}', 'x'.repeat(1000), '.', 'a\u0000b']
    const store = await open(dir)
    for (const name of names) {
      const journal = store.open(channel(name), new Told())
      journal.message(facts(0), message('id', `"${names.indexOf(name)}"`, name))
    }
    await store.close()
    expect(readdirSync(join(dir, 'channels')).length).toBe(names.length)
    const again = await open(dir)
    expect(again.channels.map(({ name }) => name).sort()).toEqual([...names].sort())
    for (const name of names) {
      const told = new Told()
      again.open(channel(name), told)
      expect(told.words).toEqual([
        expect.objectContaining({ message: `id ${name} "${names.indexOf(name)}"` }),
      ])
    }
    await again.close()
  })

  it('keeps the last declaration, and closes a journal that is opened a second time', async () => {
    const dir = fresh()
    const store = await open(dir)
    const first = opened(store)
    first.message(facts(0), message('a'))
    const told = new Told()
    const second = store.open({ ...channel('a.b'), fingerprint: 'g' }, told)
    expect(told.words.length).toBe(1)
    first.message(facts(1), message('lost'))
    await expect(durable(first)).rejects.toThrow('CLOSED')
    second.message(facts(1), message('b'))
    await durable(second)
    await store.close()
    const again = await open(dir)
    expect(again.channels[0]?.fingerprint).toBe('g')
    expect(opened(again).readFrom(0, 1000).length).toBe(2)
    await again.close()
    await again.close()
  })
})
