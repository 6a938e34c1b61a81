/** Flies the airport without a page, as a process, and reads the counts it prints. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import type { Counts } from '../src/counts.js'

export const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

export const fly = async (...args: string[]): Promise<Counts> => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [main, '--headless', '--pace', '4', ...args],
    { timeout: 240_000 },
  ).catch((error: unknown) => {
    // What does not add up is told in the line itself, which says more than the exit code.
    if (error instanceof Error && 'stdout' in error && error.stdout !== '')
      return { stdout: `${error.stdout}` }
    throw error
  })
  const lines = stdout.trim().split('\n')
  expect(lines).toHaveLength(1)
  return JSON.parse(lines[0] ?? '') as Counts
}
