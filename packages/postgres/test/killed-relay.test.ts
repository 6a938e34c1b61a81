/** A relay process that is killed again and again: what was committed arrives once and in order. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createHub } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { contract, createBus, event } from 'busbar'
import { expect, onTestFinished } from 'vitest'
import { z } from 'zod'
import { connectionString, onPostgres, transaction } from './database.js'
import { outboxScene, until, upTo } from './outbox-scene.js'

const child = fileURLToPath(new URL('./children/doomed-relay.mjs', import.meta.url))
const doomed = contract('doomed', {
  step: event(z.object({ n: z.int() }), {
    key: () => 'one',
    retry: { attempts: 3, initialMs: 10 },
    dedupeMs: 600_000,
  }),
})

/** Resolves when it is dead, with the signal that killed it. */
const runDoomed = (...args: string[]): Promise<unknown> =>
  new Promise((resolve) => {
    execFile(process.execPath, [child, ...args], { timeout: 15_000 }, (error, _out, err) =>
      resolve(error?.signal ?? err),
    )
  })

onPostgres(
  'F57 kill -9 of the relay between receipt and delete: one copy of each, in order',
  async () => {
    const hub = await createHub({ tcp: { port: 0 } })
    onTestFinished(() => hub.close())
    const transport = tcp({ url: hub.tcpUrl })
    const { pool, schema, outbox, waiting, emptied, relay } = await outboxScene()
    const reader = await createBus({ service: 'reader', transport })
    onTestFinished(() => reader.close())
    const got: number[] = []
    await reader.subscribe(doomed.step, ({ n }) => void got.push(n))
    for (const n of upTo(30)) await transaction(pool, (client) => outbox.add(client, doomed.step, { n }))
    for (const receipts of [1, 5, 12]) {
      expect(await runDoomed(hub.tcpUrl, connectionString, schema, String(receipts))).toBe('SIGKILL')
    }
    // None of them lived to delete a row.
    expect(await waiting()).toBe(30)
    relay(reader, { contracts: [doomed] })
    await emptied()
    await until(() => got.length >= 30)
    expect(got).toEqual(upTo(30))
  },
  60_000,
)
