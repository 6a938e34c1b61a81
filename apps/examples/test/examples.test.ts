/** Runs every example as a user would and compares what it prints. */

import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createHub } from '@busbar/hub'
import { expect, test } from 'vitest'

const fileOf = (name: string): string => fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url))

const run = async (name: string, env: Record<string, string> = {}, args: string[] = []): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [fileOf(name), ...args], {
    env: { ...process.env, ...env },
    timeout: 20_000,
  })
  return stdout
}

/** What a page says an example prints. */
function shownOutput(page: string, name: string): string {
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8')
  const [, shown = ''] = new RegExp(`<!-- output: ${name} -->\\n\`\`\`\\n([\\s\\S]*?)\`\`\``).exec(text) ?? []
  const lines = shown.split('\n').filter((line) => !line.startsWith('$ '))
  return lines.join('\n')
}

test.each([
  ['hello', 'README.md'],
  ['on-a-broker', 'docs/on-a-broker.md'],
])('%s prints what %s shows', async (name, page) => {
  expect(await run(name)).toBe(shownOutput(page, name))
})

test('two workers in processes of their own share a queue', async () => {
  await using hub = await createHub({ tcp: { port: 0 } })
  const env = { BUSBAR_URL: hub.tcpUrl }
  const lines: string[] = []
  let told = (): void => undefined
  const until = async (wanted: (lines: readonly string[]) => boolean): Promise<void> => {
    while (!wanted(lines)) await new Promise<void>((resolve) => (told = resolve))
  }
  const workers = ['anna', 'ben'].map((name) => {
    const worker = spawn(process.execPath, [fileOf('two-workers'), name], { env: { ...process.env, ...env } })
    createInterface(worker.stdout).on('line', (line) => {
      lines.push(line)
      told()
    })
    return worker
  })
  await until(() => lines.filter((line) => line.endsWith('is ready')).length === 2)
  await run('two-workers', env, ['send', '6'])
  const moved = (): string[] => lines.filter((line) => line.includes('moved bag'))
  await until(() => moved().length === 6)
  for (const worker of workers) worker.kill('SIGTERM')
  expect(
    moved()
      .map((line) => line.slice(-1))
      .toSorted(),
  ).toEqual(['1', '2', '3', '4', '5', '6'])
  expect(moved().filter((line) => line.startsWith('anna')).length).toBeGreaterThan(0)
  expect(moved().filter((line) => line.startsWith('ben')).length).toBeGreaterThan(0)
})

test('hello prints the same over TCP and WebSocket', async () => {
  const onMemory = await run('hello')
  await using hub = await createHub({ tcp: { port: 0 }, websocket: { port: 0 } })
  expect(await run('hello', { BUSBAR_URL: hub.tcpUrl })).toBe(onMemory)
  await using other = await createHub({ tcp: { port: 0 }, websocket: { port: 0 } })
  expect(await run('hello', { BUSBAR_URL: other.websocketUrl })).toBe(onMemory)
})

test('events prints what it should, in any order between the groups', async () => {
  const lines = (await run('events')).trimEnd().split('\n')
  expect(lines.toSorted()).toEqual([
    'mail: thanks for order 7 in nl',
    'mail: thanks for order 8 in be',
    'stats: 2 sold in the Netherlands',
  ])
})

test('queues prints what it should, the retries in any order', async () => {
  const lines = (await run('queues')).trimEnd().split('\n')
  expect(lines.toSorted()).toEqual([
    'dead: there is no such thing',
    'packed 1 chair at attempt 2',
    'packed 2 lamp at attempt 2',
  ])
})

test.each([
  [
    'requests',
    'nobody sells anything yet\na lamp costs 4995 cents\nnot sold since 2026-01-01\nla… lamp\nla… lantern\n',
  ],
  ['streams', 'record 1: 2 left\nrecord 2: 1 left\norder more lamps\n'],
  ['pairs', 'the till is in use\nlamp: 49.95\n'],
  ['inbox', '8 lamps are left\n'],
  ['file-inbox', '6245 cents\n'],
  ['durable', 'durable\nwelcome, ada@example.com\n'],
  ['hub', 'over TCP: 4995 cents\n'],
  ['testing', 'settled\n'],
])('%s prints what it should', async (name, output) => {
  expect(await run(name)).toBe(output)
})
