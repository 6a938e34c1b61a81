/** The limit of every durable queue on this disk: one write and one fdatasync, with nothing else. */

import { closeSync, fdatasync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { firstJob, jobOf } from './job.js'

const sync = promisify(fdatasync)
const record = Buffer.from(JSON.stringify(jobOf(firstJob)))

/** Writes of one record in turn, each synced; times in us, sorted. `reserved`: into a file written before. */
export async function bareSyncs(dir: string, count: number, reserved: boolean): Promise<Float64Array> {
  const file = openSync(join(dir, reserved ? 'reserved' : 'growing'), 'w')
  try {
    if (reserved) {
      writeSync(file, Buffer.alloc(count * record.length))
      fsyncSync(file)
    }
    const times = new Float64Array(count)
    for (let index = 0; index < count; index += 1) {
      const begun = performance.now()
      writeSync(file, record, 0, record.length, index * record.length)
      await sync(file)
      times[index] = (performance.now() - begun) * 1_000
    }
    return times.sort()
  } finally {
    closeSync(file)
  }
}
