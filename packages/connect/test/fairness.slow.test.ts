// Many clients and greedy ones: everybody gets in, nobody starves.

import { createHub } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { contract, createBus, event, request } from 'busbar'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { within } from './within.js'

const Text = z.object({ text: z.string() })
const fair = contract('fair', {
  noise: event(Text),
  ask: request({ input: Text, output: Text }),
})

it('F34 a flood of small publishes leaves another client at least a quarter of its rate', async () => {
  await using hub = await createHub({ tcp: { port: 0 } })
  const url = hub.tcpUrl ?? ''
  await using quiet = await createBus({ service: 'quiet', transport: tcp({ url }) })
  await using greedy = await createBus({ service: 'greedy', transport: tcp({ url }) })
  await quiet.reply(fair.ask, (value) => value)
  const calls = async (ms: number): Promise<number> => {
    let count = 0
    for (const end = performance.now() + ms; performance.now() < end; count++) {
      await quiet.request(fair.ask, { text: 'x' })
    }
    return count
  }
  const alone = await calls(2_000)
  let isFlooding = true
  const flood = (async () => {
    // One batch at a time, so that the flooding client's own share of this process is not what is measured.
    while (isFlooding) {
      await Promise.all(Array.from({ length: 32 }, () => greedy.publish(fair.noise, { text: 'y' })))
    }
  })()
  const beside = await calls(2_000)
  isFlooding = false
  await flood
  expect(beside / alone).toBeGreaterThan(0.25)
})

it('F38 1,000 clients are ready again within 15 s of a restart of their hub', async () => {
  const first = await createHub({ tcp: { port: 0 } })
  const url = first.tcpUrl ?? ''
  const port = Number(new URL(url).port)
  const buses = await Promise.all(
    Array.from({ length: 1_000 }, (_, index) =>
      createBus({ service: `client-${index}`, transport: tcp({ url, connectTimeoutMs: 30_000 }) }),
    ),
  )
  const back = buses.map(
    (bus) =>
      new Promise<void>((resolve) => {
        bus.status.on('state', (state) => {
          if (state === 'connected') resolve()
        })
      }),
  )
  await first.close()
  const second = await createHub({ tcp: { port } })
  await within(15_000, Promise.all(back))
  expect(second.inspect()).toMatchObject({ connections: 1_000, unauthenticated: 0 })
  await Promise.all(buses.map((bus) => bus.close()))
  await second.close()
})
