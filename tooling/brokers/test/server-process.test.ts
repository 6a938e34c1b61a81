/** A server that does not start says why, and nothing of it stays. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startProcess } from '../server-process.mjs'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'busbar-process-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const start = (script: string, timeout: number, spawned: string[] = []) =>
  startProcess({
    launch: { command: process.execPath, args: ['-e', script] },
    ...{ cwd, logFile: join(cwd, 'server.log'), ready: /come in/, timeout, what: 'radio' },
    container: undefined,
    onSpawn: (endCommand) => spawned.push(endCommand),
  })

const groupAlive = (endCommand: string | undefined): boolean => {
  try {
    return process.kill(Number(endCommand?.match(/-\d+$/)), 0)
  } catch {
    return false
  }
}

test('a server is there when its log says so, and gone when it was ended', async () => {
  const spawned: string[] = []
  const server = await start('console.log("come in"); setInterval(() => {}, 1000)', 20_000, spawned)
  expect(groupAlive(spawned[0])).toBe(true)
  await server.end('SIGTERM')
  expect(groupAlive(spawned[0])).toBe(false)
})

test('a late start fails with the end of the log, and the process is gone', async () => {
  const spawned: string[] = []
  const late = start('console.log("tuning"); setInterval(() => {}, 1000)', 2_000, spawned)
  await expect(late).rejects.toThrow(/^radio was not ready after 2000 ms; the end of its log:\ntuning$/)
  expect(groupAlive(spawned[0])).toBe(false)
})

test('a server that ends before it is ready fails at once, with its code and log', async () => {
  const ended = start('console.log("no antenna"); process.exit(3)', 60_000)
  await expect(ended).rejects.toThrow(/^radio ended before it was ready \(exit code 3\); .*\nno antenna$/)
})

test('a program that is not there is named', async () => {
  const missing = startProcess({
    launch: { command: 'no-such-radio', args: [] },
    ...{ cwd, logFile: join(cwd, 'server.log'), ready: /x/, timeout: 60_000, what: 'radio' },
    container: undefined,
    onSpawn: () => {},
  })
  await expect(missing).rejects.toThrow(/^radio could not be started: .*no-such-radio.*\n\(empty\)$/)
})
