/** The directory of a store: whose it is, who has it, how often it was opened, and where everything ended. */

import { dirname, join } from 'node:path'
import { BusError } from 'busbar/transport'
import { readChecked, writeChecked } from './checked-json.js'
import { type Disk, errorCode, type FileId, isNoSpace } from './disk.js'
import type { Log } from './log.js'
import { syncDir } from './segment-files.js'

const headName = 'busbar-store.json'
const lockName = 'lock'
const channelsName = 'channels'
/** May stand in a directory that was never a store: what a first start left that was killed, what ext4 makes. */
const harmless = new Set([lockName, `${headName}.tmp`, 'lost+found'])

/** Segment and position. */
export type End = readonly [number, number]

/** What stands in `busbar-store.json`. */
interface Head {
  readonly format: 1
  /** Begins the checksum of each record. */
  readonly salt: number
  /** How often the store was opened. */
  readonly epoch: number
  /** Where the journals ended when the store was last closed in order, by directory: so much was on disk. */
  readonly ends: Readonly<Record<string, End>>
}

export interface StoreDirOptions {
  readonly disk: Disk
  readonly dir: string
  readonly log: Log
  /** Of this process; stands in the lock for a second one to read. */
  readonly pid: number
  readonly makeSalt: () => number
}

/** An open and locked directory. */
export interface StoreDir {
  readonly channels: string
  readonly salt: number
  readonly epoch: number
  /** How far a journal was on disk when the store was last closed in order, by directory. */
  readonly ends: Readonly<Record<string, End>>
  /** Notes further ends. */
  note(ends: Readonly<Record<string, End>>): void
  unlock(): void
}

/** STORE_UNUSABLE, STORE_LOCKED or STORE_CORRUPT, and nothing was changed. */
export function openStoreDir(options: StoreDirOptions): StoreDir {
  const { disk, dir, log } = options
  return translated(dir, () => {
    prepare(disk, dir, log)
    const lock = takeLock(options)
    try {
      const found = readHead(disk, dir) ?? { format: 1, salt: options.makeSalt(), epoch: 0, ends: {} }
      sign(options, lock)
      const channels = join(dir, channelsName)
      const head: Head = { ...found, epoch: found.epoch + 1 }
      for (const name of Object.keys(found.ends)) checkPresent(disk, join(channels, name))
      writeChecked(disk, dir, headName, head)
      if (disk.facts(channels) === undefined) disk.makeDir(channels)
      syncDir(disk, dir)
      return {
        channels,
        salt: head.salt,
        epoch: head.epoch,
        ends: head.ends,
        note: (ends) => writeChecked(disk, dir, headName, { ...head, ends: { ...head.ends, ...ends } }),
        unlock: () => disk.close(lock),
      }
    } catch (error) {
      disk.close(lock)
      throw error
    }
  })
}

/** Refuses what is not a store; makes the directory when only that is missing. */
function prepare(disk: Disk, dir: string, log: Log): void {
  const facts = disk.facts(dir)
  if (facts === undefined) {
    if (disk.facts(dirname(dir))?.kind !== 'directory')
      throw unusable(dir, 'the directory above it is missing')
    disk.makeDir(dir)
    syncDir(disk, dirname(dir))
    return
  }
  if (facts.kind !== 'directory') throw unusable(dir, 'it is not a directory')
  if ((facts.mode & 0o007) !== 0)
    log('warn', 'store-open-to-others', { dir, mode: facts.mode.toString(8).padStart(3, '0') })
  const names = disk.list(dir)
  if (names.includes(headName)) return
  const foreign = names.find((name) => !harmless.has(name))
  if (foreign !== undefined) throw unusable(dir, `it is not empty and not a store: it has "${foreign}"`)
}

function takeLock({ disk, dir }: StoreDirOptions): FileId {
  const file = disk.open(join(dir, lockName), 'either')
  try {
    if (!disk.lock(file)) throw locked(dir, readText(disk, file))
    return file
  } catch (error) {
    disk.close(file)
    throw error
  }
}

/** Says who has the directory, once it is known that it can be had. */
function sign({ disk, pid }: StoreDirOptions, lock: FileId): void {
  disk.truncate(lock, 0)
  const text = Buffer.from(`${pid}\n`)
  disk.write(lock, text, 0, text.length, 0)
}

function readHead(disk: Disk, dir: string): Head | undefined {
  const found = readChecked(disk, dir, headName)
  const path = join(dir, headName)
  if (found.state === 'missing') return undefined
  if (found.state === 'foreign') throw unusable(dir, `${path} was not written by a store`)
  if (found.state === 'damaged')
    throw new BusError('STORE_CORRUPT', `${path} at byte 0: it does not match its checksum.`, {
      details: { file: path, position: 0 },
    })
  if (found.state === 'intact' && isHead(found.data)) return found.data
  throw unusable(dir, `${path} has a format that this version does not know`)
}

function checkPresent(disk: Disk, path: string): void {
  if (disk.facts(path) !== undefined) return
  throw new BusError('STORE_CORRUPT', `${path} at byte 0: the directory is missing.`, {
    details: { file: path, position: 0 },
  })
}

function isHead(data: unknown): data is Head {
  return typeof data === 'object' && data !== null && 'format' in data && data.format === 1
}

function readText(disk: Disk, file: FileId): string {
  const data = Buffer.alloc(32)
  return data.toString('latin1', 0, disk.read(file, data, 0, data.length, 0)).trim()
}

function locked(dir: string, owner: string): BusError {
  const who = /^\d+$/.test(owner) ? `process ${owner}` : 'another process'
  return new BusError('STORE_LOCKED', `${dir} is in use by ${who}.`, { details: { dir } })
}

function unusable(dir: string, why: string, cause?: unknown): BusError {
  return new BusError('STORE_UNUSABLE', `${dir} cannot be used: ${why}.`, { cause, details: { dir } })
}

/** Gives the errors of the system a code of the bus. */
export function translated<T>(dir: string, fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    if (errorCode(error) === undefined || error instanceof BusError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    if (!isNoSpace(error)) throw unusable(dir, reason, error)
    throw new BusError('STORE_FULL', `${dir} cannot be opened: ${reason}.`, {
      cause: error,
      details: { dir },
    })
  }
}
