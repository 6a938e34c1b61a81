/** A broker that takes no messages: the status says so, and they are sent when there is room again. */

import { type Bus, contract, createBus, queue } from 'busbar'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { amqp } from '../src/index.js'
import { withResolvers } from './with-resolvers.js'

const { bag } = contract('full', { bag: queue(z.string()) })

function stateOf(bus: Bus, wanted: string) {
  const told = withResolvers<string | undefined>()
  bus.status.on('state', (state, reason) => {
    if (state === wanted) told.resolve(reason)
  })
  return told.promise
}

describeBroker('artemis', 'a broker without room', () => {
  test('F48 a full disk is told with the reason, and what waits is given up by its caller', async () => {
    const config = '<max-disk-usage>1</max-disk-usage><disk-scan-period>100</disk-scan-period>'
    await using server = await startBroker('artemis', { config })
    const bus = await createBus({ service: 'tower', transport: amqp({ url: server.url }) })
    const told = stateOf(bus, 'reconnecting')
    const giveUp = new AbortController()
    // The broker looks at its disk only now and then.
    const sending = (async () => {
      for (;;) await bus.send(bag, 'x', { signal: giveUp.signal })
    })()
    expect(await told).toContain('takes no messages now')
    giveUp.abort()
    await expect(sending).rejects.toMatchObject({ code: 'CANCELLED' })
    await bus.close()
  })

  test('F48 a full address is told, and nothing is lost when a worker makes room', async () => {
    const settings = '<max-size-bytes>100000</max-size-bytes><address-full-policy>BLOCK</address-full-policy>'
    const config = `<address-settings><address-setting match="full.#">${settings}</address-setting></address-settings>`
    await using server = await startBroker('artemis', { config })
    const [tower, loader] = await Promise.all(
      ['tower', 'loader'].map((service) => createBus({ service, transport: amqp({ url: server.url }) })),
    )
    if (tower === undefined || loader === undefined) throw new Error('there are two buses')
    const told = stateOf(tower, 'reconnecting')
    const sent = Array.from({ length: 3_000 }, () => tower.send(bag, 'x'.repeat(1_000)))
    expect(await told).toContain('takes no messages now')
    const back = stateOf(tower, 'connected')
    let handled = 0
    const count = (): void => {
      handled += 1
    }
    await loader.work(bag, () => count(), { concurrency: 64 })
    await back
    await Promise.all(sent)
    await expect.poll(() => handled, { timeout: 30_000 }).toBe(3_000)
    await Promise.all([tower.close(), loader.close()])
  })
})
