/** The directory of what is durable: the one that was named, or one that goes with the process. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Gives where the hub's store goes. A temporary place is removed when the process ends, however it is told to. */
export function dataDir(named: string | undefined): string {
  if (named !== undefined) return named
  const dir = mkdtempSync(join(tmpdir(), 'airport-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  return join(dir, 'hub')
}
