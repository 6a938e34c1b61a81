/** The real file system. */

import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import type { Disk, OpenMode } from './disk.js'
import { errorCode } from './disk.js'

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants
const flags: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY,
  write: O_RDWR,
  create: O_RDWR | O_CREAT | O_EXCL,
  either: O_RDWR | O_CREAT,
}

/** What is used of `fs-native-extensions`, which has no types. */
interface FileLocks {
  tryLock(fd: number): boolean
}

/** The disk of this machine. Files are made for their owner only. */
export function nodeDisk(): Disk {
  // Required here, not imported: where the addon does not load, only who opens a store is told.
  const require = createRequire(import.meta.url)
  const locks: FileLocks = require('fs-native-extensions')
  return {
    facts(path) {
      const stat = fs.statSync(path, { throwIfNoEntry: false })
      if (stat === undefined) return undefined
      const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other'
      return { kind, bytes: stat.size, mode: stat.mode & 0o777 }
    },
    list: (dir) => fs.readdirSync(dir),
    makeDir: (dir) => fs.mkdirSync(dir, { mode: 0o700 }),
    open: (path, mode) => fs.openSync(path, flags[mode], 0o600),
    openDir: (dir) => fs.openSync(dir, O_RDONLY),
    close: (file) => fs.closeSync(file),
    size: (file) => fs.fstatSync(file).size,
    read(file, into, start, length, position) {
      let done = 0
      while (done < length) {
        const bytes = fs.readSync(file, into, start + done, length - done, position + done)
        if (bytes === 0) break
        done += bytes
      }
      return done
    },
    write: (file, from, start, length, position) => fs.writeSync(file, from, start, length, position),
    truncate: (file, bytes) => fs.ftruncateSync(file, bytes),
    sync: (file) => fs.fsyncSync(file),
    datasync: (file) =>
      new Promise((resolve, reject) => fs.fdatasync(file, (error) => (error ? reject(error) : resolve()))),
    unlink: (path) => fs.unlinkSync(path),
    rename: (from, to) => fs.renameSync(from, to),
    lock: (file) => {
      try {
        return locks.tryLock(file)
      } catch (error) {
        // What the addon does not translate: POSIX allows either code for a lock that somebody has.
        if (errorCode(error) === 'EACCES') return false
        throw error
      }
    },
    freeBytes(dir) {
      const { bavail, bsize } = fs.statfsSync(dir)
      return bavail * bsize
    },
  }
}
