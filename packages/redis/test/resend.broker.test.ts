/** A batch whose answer was lost with its link is sent again under its number. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { type Connection, connect } from '../src/connection.js'
import { Link } from '../src/link.js'
import { settingsOf } from '../src/options.js'
import { routeOf } from '../src/routes.js'
import { channelOf, hostOf, messageOf } from './support/link.js'

describeBroker('redis', 'redis batches', () => {
  let server: Broker
  let connection: Connection
  let link: Link
  beforeAll(async () => {
    server = await startBroker('redis')
    const settings = settingsOf({ url: server.url })
    connection = await connect(hostOf(), settings, { onCut() {}, async onBack() {}, onLost() {} })
    link = new Link(hostOf(), settings, connection, 'busbar:link:test')
  })
  afterAll(async () => {
    connection?.close()
    await server?.close()
  })

  test('F57 it is answered as before, and adds nothing', async () => {
    for (const kind of ['queue', 'stream'] as const) {
      const channel = channelOf(kind, `again.${kind}`)
      const route = routeOf(link, channel, false)
      const batches = [0, 1, 2].map((n) =>
        [2 * n, 2 * n + 1].map((value) => ({ channel, message: messageOf(channel, value) })),
      )
      const first = await Promise.all(batches.map((batch, at) => route.send(batch, at + 1)))
      // All that can be under way at a time, in their order.
      const again = await Promise.all(batches.map((batch, at) => route.send(batch, at + 1)))
      expect(again).toEqual(first)
      expect(first.flat().some(({ duplicate }) => duplicate)).toBe(false)
      expect(await connection.command(['XLEN', link.base(channel)])).toBe(6)
    }
  })
})
