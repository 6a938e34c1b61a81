/** Stores in temporary directories, and short ways to fill and read them. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BusError, Journal, JournalOwner } from 'busbar/transport'
import { afterEach } from 'vitest'
import { type FileStore, openStore, type StoreOptions } from '../src/index.js'
import { channel, Told } from './told.js'

/** Gives paths of directories that do not exist yet; what was made there is removed after each test. */
export function scratch(): () => string {
  let made: string[] = []
  afterEach(() => {
    for (const dir of made) rmSync(dir, { recursive: true, force: true })
    made = []
  })
  return () => {
    const dir = mkdtempSync(join(tmpdir(), 'busbar-store-'))
    made.push(dir)
    return join(dir, 'store')
  }
}

export function durable(journal: Journal): Promise<void> {
  return new Promise((resolve, reject) =>
    journal.whenDurable((failure) => (failure === undefined ? resolve() : reject(failure))),
  )
}

/** Without a low-water mark, as the disk of a test may be nearly full. */
export function open(dir: string, options: Partial<StoreOptions> = {}): Promise<FileStore> {
  return openStore({ dir, minFreeBytes: 0, ...options })
}

/** What a store says about its one channel, and where the messages are. */
export async function reread(dir: string, options: Partial<StoreOptions> = {}): Promise<Told> {
  const store = await open(dir, options)
  try {
    const told = new Told()
    store.open(channel('a.b'), told)
    return told
  } finally {
    await store.close()
  }
}

export function opened(store: FileStore, owner: JournalOwner = new Told()): Journal {
  return store.open(channel('a.b'), owner)
}

/** The code of what an action fails with; `none` if it does not. */
export async function codeOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action()
    return 'none'
  } catch (error) {
    return (error as BusError).code
  }
}
