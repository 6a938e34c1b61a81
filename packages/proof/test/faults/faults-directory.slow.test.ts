/** Directories that a hub must not use: refused in one line, and left as they were. */

import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { clientOf } from './client.js'
import { FaultHub, type Launch } from './fault-hub.js'
import { cleanUp, itNeeds, system } from './tools.js'
import { faults } from './topics.js'

const { fresh, later } = cleanUp()

/** Everything below a path that a change would show in; a lock that was free names who had it last. */
function facts(path: string, isFree = true): string[] {
  if (!existsSync(path)) return [`${path} is missing`]
  const { mode, uid, size, mtimeMs } = lstatSync(path)
  if (path.endsWith('lock') && isFree) return [path]
  const own = `${path} ${mode} ${uid} ${size} ${mtimeMs}`
  if (lstatSync(path).isFile())
    return [`${own} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`]
  return [own, ...readdirSync(path).flatMap((name) => facts(join(path, name), isFree))]
}

/** A store with three messages that wait. */
async function usedStore(dir: string, flags: readonly string[] = []): Promise<void> {
  const hub = new FaultHub({ dir, flags })
  later(() => hub.kill())
  await hub.start()
  await using bus = await clientOf(hub)
  for (let n = 0; n < 3; n++) await bus.send(faults.jobs, { n })
  await hub.stop()
}

async function expectWaiting(dir: string, count: number): Promise<void> {
  const hub = new FaultHub({ dir })
  later(() => hub.kill())
  await hub.start()
  await using bus = await clientOf(hub)
  await bus.declare(faults)
  expect((await bus.inspect(faults.jobs)).ready).toBe(count)
  await hub.stop()
}

async function expectRefusal(launch: Launch, line: RegExp, code = 1): Promise<void> {
  const isFree = code !== 73
  const before = facts(launch.dir, isFree)
  const hub = new FaultHub(launch)
  later(() => hub.kill())
  expect(await hub.begin()).toEqual({ code, signal: null })
  expect(hub.lines).toEqual([expect.stringMatching(line)])
  expect(facts(launch.dir, isFree)).toEqual(before)
}

describe('a directory that is no place for a store is refused in one line and left alone', () => {
  it('F48 below nothing', () =>
    expectRefusal({ dir: join(fresh(), 'missing', 'data') }, /^busbar-hub: STORE_UNUSABLE: .*missing/))

  it('F48 a file', async () => {
    const dir = join(fresh(), 'data')
    writeFileSync(dir, 'mine')
    await expectRefusal({ dir }, /^busbar-hub: STORE_UNUSABLE: .*not a directory/)
  })

  it('F48 with files of others', async () => {
    const dir = fresh()
    writeFileSync(join(dir, 'thesis.txt'), 'mine')
    await expectRefusal({ dir }, /^busbar-hub: STORE_UNUSABLE: .*thesis\.txt/)
  })

  it('F48 of another format version', async () => {
    const dir = join(fresh(), 'data')
    await usedStore(dir)
    const data = '{"format":2,"salt":1,"epoch":1,"ends":{}}'
    const sum = crc32(data).toString(16).padStart(8, '0')
    writeFileSync(join(dir, 'busbar-store.json'), `{"crc32":"${sum}","data":${data}}\n`)
    await expectRefusal({ dir }, /^busbar-hub: STORE_UNUSABLE: .*a format that this version does not know/)
  })

  it('F48 a store without its head is not begun anew', async () => {
    const dir = join(fresh(), 'data')
    await usedStore(dir)
    system('rm', join(dir, 'busbar-store.json'))
    await expectRefusal({ dir }, /^busbar-hub: STORE_UNUSABLE: /)
  })
})

describe('a directory that this user may not write is refused, and used as it was once he may', () => {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']

  itNeeds(['setpriv'], 'F48 of another owner', async () => {
    const dir = join(fresh(), 'data')
    await usedStore(dir)
    chmodSync(join(dir, '..'), 0o755)
    await expectRefusal({ dir, through: nobody }, /^busbar-hub: STORE_UNUSABLE: .*EACCES/)
    await expectWaiting(dir, 3)
  })

  itNeeds(['setpriv'], 'F48 read-only', async () => {
    const dir = join(fresh(), 'data')
    mkdirSync(dir)
    chownSync(dir, 65534, 65534)
    chmodSync(dir, 0o500)
    chmodSync(join(dir, '..'), 0o755)
    await expectRefusal({ dir, through: nobody }, /^busbar-hub: STORE_UNUSABLE: .*EACCES/)
  })

  itNeeds(['mount'], 'F48 on a file system that is mounted read-only', async () => {
    const disk = fresh()
    system('mount', '-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk)
    later(() => system('umount', '--lazy', disk))
    const dir = join(disk, 'data')
    const flags = ['--min-free', '0']
    await usedStore(dir, flags)
    system('mount', '-o', 'remount,ro', disk)
    await expectRefusal({ dir, flags }, /^busbar-hub: STORE_UNUSABLE: .*EROFS/)
    system('mount', '-o', 'remount,rw', disk)
    await expectWaiting(dir, 3)
  })
})

it('F47 a second hub on the same directory ends with 73, and the first goes on', async () => {
  const dir = join(fresh(), 'data')
  const hub = new FaultHub({ dir })
  later(() => hub.kill())
  await hub.start()
  await using bus = await clientOf(hub)
  await bus.send(faults.jobs, { n: 0 })
  await expectRefusal({ dir }, new RegExp(`^busbar-hub: STORE_LOCKED: .*in use by process ${hub.pid}`), 73)
  expect((await bus.send(faults.jobs, { n: 1 })).level).toBe('durable')
  expect(hub.events).not.toContain('store-failed')
  await hub.kill()
  await expectWaiting(dir, 2)
})

it('F80 a wrong --min-free is refused by its name', async () => {
  const refused = /^busbar-hub: INVALID_OPTION: --min-free must be a whole number of bytes/
  await expectRefusal({ dir: join(fresh(), 'data'), flags: ['--min-free', '10MB'] }, refused)
})
