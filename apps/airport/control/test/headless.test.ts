/** The demo from end to end: seeded traffic, brought to rest, counts that add up, on every wire. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Counts } from '../src/counts.js'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

const fly = async (...args: string[]): Promise<Counts> => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [main, '--headless', '--seconds', '4', '--seed', '7', '--pace', '4', ...args],
    { timeout: 60_000 },
  )
  const lines = stdout.trim().split('\n')
  expect(lines).toHaveLength(1)
  return JSON.parse(lines[0] ?? '') as Counts
}

test.each([
  ['in one process on memory', []],
  ['one process each over TCP', ['--split']],
  ['one process each over WebSocket', ['--split', '--wire', 'ws']],
] as const)('the airport adds up %s', { timeout: 70_000 }, async (_, args) => {
  const counts = await fly(...args)
  expect(counts.mismatches).toEqual([])
  expect(counts.landings).toBeGreaterThan(3)
  expect(counts.bagsDelivered).toBeGreaterThan(3)
  expect(counts.bagsRejectedAtSender).toBeGreaterThan(0)
  expect(counts.radarReplayed).toBe(counts.radarAppended)
})

test('an unknown argument is refused with the usage and exit code 2', async () => {
  const refused = await promisify(execFile)(process.execPath, [main, '--fast']).catch(
    (error: unknown) => error,
  )
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--headless') })
})

test('--help prints the usage and exits with 0', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--help'])
  expect(stdout).toContain('--headless')
})
