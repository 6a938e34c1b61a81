/** Takes the disk of this process in hand until the test is over: syncs fail, or wait until they are let go, or it is full. */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { onTestFinished } from 'vitest'

type Done = (error: NodeJS.ErrnoException | null) => void

function replaceSync(sync: (fd: number, done: Done) => void): void {
  const { fdatasync } = fs
  fs.fdatasync = Object.assign(sync, { __promisify__: fdatasync.__promisify__ })
  syncBuiltinESMExports()
  onTestFinished(() => {
    fs.fdatasync = fdatasync
    syncBuiltinESMExports()
  })
}

/** Every sync from now on fails as on a broken disk. */
export function failSyncs(): void {
  replaceSync((_fd, done) => {
    setImmediate(() => done(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })))
  })
}

/** There is no room for any write from now on. */
export function fillDisk(): void {
  const { writeSync } = fs
  fs.writeSync = () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
  syncBuiltinESMExports()
  onTestFinished(() => {
    fs.writeSync = writeSync
    syncBuiltinESMExports()
  })
}

/** Every sync from now on waits; gives the function that lets those go that wait. */
export function holdSyncs(): () => void {
  const { fdatasync } = fs
  const held: (() => void)[] = []
  replaceSync((fd, done) => void held.push(() => fdatasync(fd, done)))
  return () => {
    for (const go of held.splice(0)) go()
  }
}
