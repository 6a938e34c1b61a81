/** A reader of a durable stream leaves nothing behind that a hub would have to confirm. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHub } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { contract, createBus, stream } from 'busbar'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'

it('S1 a replay of a durable stream up to now ends without an error', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'busbar-replay-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const { log } = contract('ship', { log: stream(z.number(), { durable: true }) })
  await using hub = await createHub({ tcp: { port: 0 }, store: { dir } })
  await using bus = await createBus({ service: 'reader', transport: tcp({ url: hub.tcpUrl }) })
  for (const mile of [1, 2, 3]) await bus.append(log, mile)
  const miles: number[] = []
  for await (const { value } of bus.replay(log, { to: 'now' })) miles.push(value)
  expect(miles).toEqual([1, 2, 3])
})
