/** Opens a store: one directory, one process, a journal for each durable channel. */

import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { type BusError, type Clock, type OpenedStore, type OpenStore, systemClock } from 'busbar/transport'
import { ChannelDirs } from './channel-dirs.js'
import type { Disk } from './disk.js'
import { JournalBook } from './journal-book.js'
import type { Log } from './log.js'
import { nodeDisk } from './node-disk.js'
import { checkOptions } from './options.js'
import { SpaceWatch } from './space-watch.js'
import { StoreCore } from './store-core.js'
import { openStoreDir, translated } from './store-dir.js'

/** How a store is opened; only `dir` has no default. */
export interface StoreOptions {
  /** Made when it is missing; the directory above it must exist. */
  readonly dir: string
  /** Below so much free space nothing new is taken in; default 268,435,456 (256 MiB). 0 turns the mark off. */
  readonly minFreeBytes?: number
  /** Size at which a file is followed by the next; 4,096 to 67,108,864, which is the default. */
  readonly segmentBytes?: number
  /** Default: says nothing. */
  readonly log?: Log
  /** Called after each change of `refusal`, never in the stack of a call to a journal. */
  readonly onRefusal?: (refusal: BusError | undefined) => void
  readonly clock?: Clock
  readonly disk?: Disk
  /** Calls `fn` when the current turn is over; default `setImmediate`. */
  readonly schedule?: (fn: () => void) => void
  /** A number below 2^32 that nobody can guess. */
  readonly makeSalt?: () => number
  readonly pid?: number
}

/** A store in files; `close` also notes that all is in order. */
export type FileStore = OpenedStore

/** Opens a store in files when it is needed: for `memory({ store })` and the like. */
export function fileStore(options: StoreOptions): OpenStore {
  return () => openStore(options)
}

/**
 * Opens the store in a directory, for this process alone. STORE_UNUSABLE when it is no place for a store, STORE_LOCKED
 * when somebody has it open, STORE_CORRUPT when it is damaged, STORE_FULL when there is no room to open it.
 */
export async function openStore(options: StoreOptions): Promise<FileStore> {
  checkOptions(options)
  const { minFreeBytes = 256 * 1024 * 1024, segmentBytes = 64 * 1024 * 1024 } = options
  const { disk = nodeDisk(), clock = systemClock, log = () => {}, schedule = setImmediate } = options
  const { makeSalt = () => randomInt(2 ** 32), pid = process.pid } = options
  const dir = resolve(options.dir)
  const storeDir = openStoreDir({ disk, dir, log, pid, makeSalt })
  const dirs = new ChannelDirs(disk, storeDir.channels)
  const onChange = (): void => options.onRefusal?.(store.refusal)
  const space = new SpaceWatch({ disk, clock, log, dir, minFreeBytes, onChange })
  const core = new StoreCore({ disk, log, segmentBytes, schedule: (fn) => void schedule(fn) }, space)
  const channels = orUnlock(() => translated(dir, () => dirs.declared()))
  const journals = new JournalBook(core, dirs, storeDir, channels)
  let closing: Promise<void> | undefined
  const store: FileStore = {
    epoch: storeDir.epoch,
    channels,
    failed: core.failed,
    get refusal() {
      space.glance()
      return core.failure ?? space.refusal
    },
    open: (channel, owner) => journals.open(channel, owner),
    close: () => {
      closing ??= journals.close()
      return closing
    },
  }
  return store

  function orUnlock<T>(fn: () => T): T {
    try {
      return fn()
    } catch (error) {
      space.close()
      storeDir.unlock()
      throw error
    }
  }
}
