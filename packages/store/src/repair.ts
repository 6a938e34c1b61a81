/** Makes what was found at a start the truth: cuts off what a crash left half written, and brings the rest to disk. */

import { isNoSpace } from './disk.js'
import type { Log } from './log.js'
import { positionOf, segmentOf } from './place.js'
import type { Recovered } from './recovery.js'
import type { SegmentFiles } from './segment-files.js'

const chunkBytes = 1024 * 1024

/** Interrupted at any point, the next start finds a shorter tail and goes on. */
export function cutTail(files: SegmentFiles, { tail }: Recovered, log: Log): void {
  if (tail === undefined) return
  const { segment, position } = tail
  for (const number of [...files.numbers()].reverse()) {
    if (number < segment || (number === segment && position > 0)) break
    files.unlink(number)
    // One after the other, or a crash could leave a later file without those before it.
    files.syncDir()
  }
  const bytes =
    position === 0
      ? 0
      : files.with(segment, 'write', (file) => {
          const size = files.disk.size(file)
          if (size > position) files.disk.truncate(file, position)
          files.disk.sync(file)
          return size - position
        })
  log('warn', 'store-tail-cut', { file: files.path(segment), position, bytes })
}

/**
 * Writes again what no record says was on disk, then syncs. After a failed sync the system may hold pages as clean
 * that never reached the disk, and a sync alone would pass over them.
 */
export function syncFound(files: SegmentFiles, { segments, attested }: Recovered): void {
  for (const { number, bytes } of segments) {
    if (number < segmentOf(attested)) continue
    const from = number === segmentOf(attested) ? positionOf(attested) : 0
    if (from === bytes) continue
    files.with(number, 'write', (file) => {
      const data = Buffer.allocUnsafe(Math.min(chunkBytes, bytes - from))
      for (let at = from; at < bytes; ) {
        const length = files.disk.read(file, data, 0, Math.min(data.length, bytes - at), at)
        if (length === 0) break
        try {
          for (let done = 0; done < length; )
            done += files.disk.write(file, data, done, length - done, at + done)
        } catch (error) {
          // A file system that copies on writing needs room for it; the sync below still tells of failures.
          if (!isNoSpace(error)) throw error
        }
        at += length
      }
      files.disk.sync(file)
    })
  }
  files.syncDir()
}
