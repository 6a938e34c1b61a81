/** The memory wire on a store in files; a restart finds what a kill of the process would have left there. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '@busbar/store'
import { type Connect, memory } from 'busbar'
import type { World } from '../src/index.js'

/** `damage` may break each transport; it is told how many restarts there were before. */
export async function storedMemory(
  name: string,
  damage: (connect: Connect, restarts: number) => Connect = (connect) => connect,
): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), 'busbar-conformance-'))
  const dirOf = (restarts: number): string => join(root, `data-${restarts}`)
  const open = (restarts: number): Connect =>
    damage(memory({ name, store: fileStore({ dir: dirOf(restarts), minFreeBytes: 0 }) }), restarts)
  let restarts = 0
  let connect = open(0)
  return {
    connect: (host) => connect(host),
    async restart() {
      // In one go, so that nothing is written meanwhile: this is what was in the files at that moment.
      cpSync(dirOf(restarts), dirOf(restarts + 1), { recursive: true })
      restarts += 1
      connect = open(restarts)
    },
    async [Symbol.asyncDispose]() {
      rmSync(root, { recursive: true, force: true })
    },
  }
}
