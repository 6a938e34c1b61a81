/** Consumers that are just opening: woken too early, or refused. */

import { type ConsumeRequest, done } from 'busbar/transport'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { type Connection, connect } from '../src/connection.js'
import { Link } from '../src/link.js'
import { settingsOf } from '../src/options.js'
import { Reader } from '../src/reader.js'
import { routeOf } from '../src/routes.js'
import { join } from '../src/scripts/joining.js'
import { Worker } from '../src/worker.js'
import { channelOf, hostOf, messageOf } from './support/link.js'

/** On a machine that is busy with other tests. */
const soon = { timeout: 10_000 }

describeBroker('redis', 'redis consumers that open', () => {
  let server: Broker
  let connection: Connection
  const settings = () => settingsOf({ url: server.url })
  const requestOf = (channel: ConsumeRequest['channel']): ConsumeRequest => ({
    ...{ channel, pattern: channel.name, group: undefined, concurrency: 1, start: 'start', onGap() {} },
  })
  beforeAll(async () => {
    server = await startBroker('redis')
    connection = await connect(hostOf(), settings(), { onCut() {}, async onBack() {}, onLost() {} })
  })
  afterAll(async () => {
    connection?.close()
    await server?.close()
  })

  test('a reader that is woken before it knows its place reads each record once', async () => {
    const channel = channelOf('stream', 'opening.radar')
    const wake = `busbar:{${channel.name}}:wake`
    const wokenThenJoined: Connection = {
      ...connection,
      async run(script, base, args) {
        if (script === join) {
          // Listeners are called in the order in which they came: when this one hears it, the reader has.
          const heard = new Promise<void>((resolve) => {
            void connection
              .subscribe(wake, () => resolve())
              .then(() => connection.command(['PUBLISH', wake, '*']))
          })
          await heard
        }
        return connection.run(script, base, args)
      },
    }
    const link = new Link(hostOf(), settings(), wokenThenJoined, 'busbar:link:opening')
    const route = routeOf(link, channel, false)
    const append = (...values: number[]) =>
      route.send(
        values.map((value) => ({ channel, message: messageOf(channel, value) })),
        values[0] ?? 0,
      )
    await append(1, 2, 3)
    const seen: (number | undefined)[] = []
    const reader = await Reader.open(link, requestOf(channel), ({ offset }) => {
      seen.push(offset)
      return done
    })
    await expect.poll(() => seen.length, soon).toBeGreaterThanOrEqual(3)
    await append(4)
    await expect.poll(() => seen.at(-1), soon).toBe(3)
    expect(seen).toEqual([0, 1, 2, 3])
    await reader.consumer.close()
  })

  test('one that may not join leaves no subscription behind', async () => {
    const link = new Link(hostOf(), settings(), connection, 'busbar:link:refused')
    const [stream, queue] = [channelOf('stream', 'refused.radar'), channelOf('queue', 'refused.bag')]
    const listeners = async () => {
      const names = [stream, queue].map(({ name }) => `busbar:{${name}}:wake`)
      return connection.command(['PUBSUB', 'NUMSUB', ...names])
    }
    const nobody = await listeners()
    // Somebody else has the names for something else.
    for (const { name } of [stream, queue]) {
      await connection.command(['SET', `busbar:{${name}}`, 'x'])
      await connection.command(['SET', `busbar:{${name}}:due`, 'x'])
    }
    await expect(Reader.open(link, requestOf(stream), () => done)).rejects.toThrow(/WRONGTYPE/)
    await expect(Worker.open(link, requestOf(queue), () => done)).rejects.toThrow(/WRONGTYPE/)
    expect(await listeners()).toEqual(nobody)
    expect(link.tenants.size).toBe(0)
  })
})
