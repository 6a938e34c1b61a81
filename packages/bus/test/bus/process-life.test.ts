// What keeps a process alive on memory, where no socket does: work that was promised, and nothing else.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const file = fileURLToPath(new URL('../children/short-life.mjs', import.meta.url))

/** What the process printed; rejects when it ends with another code than 0 or by the timeout. */
async function outputOf(scene: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [file, scene], { timeout: 20_000 })
  return stdout.trim().split('\n')
}

test.concurrent.each([
  ['F85 an idle bus does not keep its process alive, whatever its deadlines were', 'idle', ['answered']],
  ['F85 a closed bus forgets what was delayed', 'closed', ['closed']],
  ['Q1 a process lives until its delayed message was handled', 'delayed', ['attempt 1']],
  ['Q1 a process lives until its retry was handled', 'retried', ['attempt 1', 'attempt 2']],
  ['R1 a process lives until its request has met the deadline', 'deadline', ['TIMEOUT']],
  ['R1 a process lives until its dial has met the deadline', 'dialing', ['TIMEOUT']],
  ['F67 a process lives until a schema that never settles is given up', 'validation', ['SCHEMA_INVALID']],
])(
  '%s',
  async (_title, scene, printed) => {
    expect(await outputOf(scene)).toEqual(printed)
  },
  30_000,
)
