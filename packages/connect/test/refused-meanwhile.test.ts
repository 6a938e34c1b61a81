/** A hub that came back without its store, and then with it: services go on without being started again. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHub, type HubOptions } from '@busbar/hub'
import { type Bus, contract, createBus, queue } from 'busbar'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { connect } from '../src/index.js'

const shop = contract('shop', { pack: queue(z.object({ n: z.number() }), { durable: true }) })

const inState = (bus: Bus, state: string): Promise<void> =>
  new Promise((resolve) => {
    const off = bus.status.on('state', (now) => {
      if (now !== state) return
      off()
      resolve()
    })
  })

it('F84 sends again when a hub that refused a topic for a while takes it again', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'busbar-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const withStore: HubOptions = { tcp: { port: 0 }, store: { dir } }
  let hub = await createHub({ ...withStore, tcp: { port: 0 } })
  const url = hub.tcpUrl
  const port = Number(new URL(url).port)
  await using bus = await createBus({ service: 'shop', transport: connect(url) })
  expect(await bus.send(shop.pack, { n: 1 })).toMatchObject({ level: 'durable' })
  const restart = async (options: HubOptions): Promise<void> => {
    const back = inState(bus, 'connected')
    await hub.close()
    hub = await createHub({ ...options, tcp: { port } })
    await back
  }
  await restart({})
  await expect(bus.send(shop.pack, { n: 2 })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    outcome: 'rejected',
  })
  await restart(withStore)
  expect(await bus.send(shop.pack, { n: 3 })).toMatchObject({ level: 'durable' })
  expect(await bus.inspect(shop.pack)).toMatchObject({ ready: 2 })
  await bus.close()
  await hub.close()
})
