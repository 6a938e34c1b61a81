/** Runs every example as a user would and compares what it prints. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createHub } from '@busbar/hub'
import { expect, test } from 'vitest'

const run = async (name: string, env: Record<string, string> = {}): Promise<string> => {
  const file = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: { ...process.env, ...env },
    timeout: 20_000,
  })
  return stdout
}

const hello = `KL23 is at gate B7
bag KL23-1 moved at attempt 2
SCHEMA_INVALID: A payload for "airport.moveBag"`

const radar = 'radar 0: KL23 at 0.5\n'

test('hello runs on memory', async () => {
  const output = await run('hello')
  expect(output).toContain(hello)
  expect(output.endsWith(radar)).toBe(true)
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

test.each([
  ['queues', 'dead: there is no such thing\npacked 2 lamp at attempt 2\npacked 1 chair at attempt 2\n'],
  [
    'requests',
    'nobody sells anything yet\na lamp costs 4995 cents\nnot sold since 2026-01-01\nla… lamp\nla… lantern\n',
  ],
  ['streams', 'record 1: 2 left\nrecord 2: 1 left\norder more lamps\n'],
  ['pairs', 'the till is in use\nlamp: 49.95\n'],
  ['hub', 'over TCP: 4995 cents\n'],
  ['testing', 'settled\n'],
])('%s prints what it should', async (name, output) => {
  expect(await run(name)).toBe(output)
})
