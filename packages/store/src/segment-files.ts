/** The files of one journal: `0000000001.log` and so on in the directory of its channel. */

import { join } from 'node:path'
import { BusError } from 'busbar/transport'
import type { Disk, FileId, OpenMode } from './disk.js'

const form = /^(\d{10})\.log$/

export class SegmentFiles {
  constructor(
    readonly disk: Disk,
    readonly dir: string,
  ) {}

  path(segment: number): string {
    return join(this.dir, `${String(segment).padStart(10, '0')}.log`)
  }

  open(segment: number, mode: OpenMode): FileId {
    return this.disk.open(this.path(segment), mode)
  }

  unlink(segment: number): void {
    this.disk.unlink(this.path(segment))
  }

  /** The numbers of the files that there are, in order. */
  numbers(): readonly number[] {
    return segmentNumbers(this.disk, this.dir)
  }

  /** Runs `fn` with the file open. */
  with<T>(segment: number, mode: OpenMode, fn: (file: FileId) => T): T {
    const file = this.open(segment, mode)
    try {
      return fn(file)
    } finally {
      this.disk.close(file)
    }
  }

  /** Makes names that were added or removed last. */
  syncDir(): void {
    syncDir(this.disk, this.dir)
  }

  corrupt(segment: number, position: number, what: string): BusError {
    const file = this.path(segment)
    return new BusError('STORE_CORRUPT', `${file} at byte ${position}: ${what}.`, {
      details: { file, position },
    })
  }
}

export function segmentNumbers(disk: Disk, dir: string): readonly number[] {
  return disk
    .list(dir)
    .flatMap((name) => {
      const digits = form.exec(name)?.[1]
      return digits === undefined ? [] : [Number(digits)]
    })
    .sort((a, b) => a - b)
}

export function syncDir(disk: Disk, dir: string): void {
  const file = disk.openDir(dir)
  try {
    disk.sync(file)
  } finally {
    disk.close(file)
  }
}
