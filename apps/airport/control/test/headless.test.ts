/** The demo from end to end: seeded traffic, a hub that crashes, brought to rest, counts that add up. */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createHub } from '@busbar/hub'
import { expect, test } from 'vitest'
import { fly, main } from './headless-run.js'

test.each([
  ['in one process on memory', []],
  ['one process each over TCP', ['--split']],
  ['one process each over WebSocket', ['--split', '--wire', 'ws']],
] as const)('Q1 the airport adds up %s', { timeout: 120_000 }, async (_, args) => {
  const counts = await fly('--seed', '7', '--seconds', '4', ...args)
  expect(counts.mismatches).toEqual([])
  expect(counts.landings).toBeGreaterThan(3)
  expect(counts.bagsDelivered).toBeGreaterThan(3)
  expect(counts.bagsRejectedAtSender).toBeGreaterThan(0)
  expect(counts.bagsCheckedIn).toBe(counts.bagsDelivered + counts.bagsDead)
  expect(counts.radarReplayed).toBe(counts.radarAppended)
})

test('Q1 Q4 S1 D1 F44 F51 a hub that is killed again and again loses no bag, invents none, and leaves no gap', {
  timeout: 120_000,
}, async () => {
  const counts = await fly('--split', '--seed', '7', '--seconds', '1', '--crashes', '3')
  expect(counts.mismatches).toEqual([])
  expect(counts.hubCrashes).toBe(3)
  expect(counts.bagsCheckedIn).toBe(counts.bagsDelivered + counts.bagsDead)
  expect(counts.bagsDelivered).toBeGreaterThan(8)
  expect(counts.radarReplayed).toBe(counts.radarAppended)
})

test('Q1 S1 what --data names is there in the next run, bags, records and all', {
  timeout: 120_000,
}, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'airport-test-'))
  try {
    const args = ['--seed', '7', '--seconds', '2', '--data', join(dir, 'hub')]
    const first = await fly(...args)
    const second = await fly('--split', ...args)
    expect([...first.mismatches, ...second.mismatches]).toEqual([])
    expect(second.bagsDelivered).toBeGreaterThan(first.bagsDelivered)
    expect(second.radarReplayed).toBe(first.radarReplayed + second.radarAppended)
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('a directory that somebody else uses is refused in one line', { timeout: 60_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'airport-test-'))
  await using hub = await createHub({ tcp: { port: 0 }, store: { dir: join(dir, 'hub') } })
  const refused = await promisify(execFile)(process.execPath, [
    main,
    '--headless',
    '--data',
    join(dir, 'hub'),
  ]).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^STORE_LOCKED: .*\n$/) })
  await hub.close()
  await rm(dir, { recursive: true })
})

test('Ctrl-C while it starts or flies leaves nothing behind', { timeout: 60_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'airport-test-'))
  const watcher = watch(dir)
  const made = once(watcher, 'change')
  const airport = spawn(process.execPath, [main, '--headless'], { env: { ...process.env, TMPDIR: dir } })
  await made
  watcher.close()
  airport.kill('SIGINT')
  expect(await once(airport, 'exit')).toEqual([130, null])
  expect(await readdir(dir)).toEqual([])
  await rm(dir, { recursive: true })
})

test.each([
  ['gnats://127.0.0.1', 'UNKNOWN_SCHEME: '],
  ['127.0.0.1:4222', 'INVALID_OPTION: '],
  ['memory:', '--url takes the URL of a broker'],
])('--url %s is refused before anything starts, with exit code 2', async (url, sentence) => {
  const refused = await promisify(execFile)(process.execPath, [main, '--url', url]).catch(
    (error: unknown) => error,
  )
  expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(sentence) })
})

test('a broker that is not there is told in one line, with exit code 1', async () => {
  const refused = await promisify(execFile)(process.execPath, [main, '--url', 'nats://127.0.0.1:1']).catch(
    (error: unknown) => error,
  )
  expect(refused).toMatchObject({
    ...{ code: 1, stdout: '' },
    stderr: expect.stringMatching(/^UNREACHABLE: NATS at nats:\/\/127\.0\.0\.1:1 .*\n$/),
  })
})

test('an unknown argument is refused with the usage and exit code 2', async () => {
  const refused = await promisify(execFile)(process.execPath, [main, '--fast']).catch(
    (error: unknown) => error,
  )
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--headless') })
})

test('a crash needs a hub that is a process of its own', async () => {
  const refused = await promisify(execFile)(process.execPath, [main, '--headless', '--crashes', '2']).catch(
    (error: unknown) => error,
  )
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--crashes needs --split') })
})

test('--help prints the usage and exits with 0', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--help'])
  expect(stdout).toContain('--headless')
})
