/** Another product behind the port is told apart before anything is sent to it. */

import { isBusError, systemClock } from 'busbar/transport'
import rhea from 'rhea'
import { expect, test } from 'vitest'
import { amqp } from '../src/index.js'

test('F84 a broker that is not Artemis is UNSUPPORTED, by its name', async () => {
  const container = rhea.create_container()
  // Only the handshake is needed, which is all that is asked before.
  container.on('disconnected', () => {})
  const server = container.listen({ port: 0, host: '127.0.0.1', properties: { product: 'Otherbroker' } })
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('there is no port')
  const host = { service: 's', instance: 'i', clock: systemClock, random: () => 0.5, onState() {} }
  const error = await amqp({ url: `amqp://127.0.0.1:${address.port}` })(host).catch(
    (reason: unknown) => reason,
  )
  expect(isBusError(error, 'UNSUPPORTED') && error.message).toContain('not to Otherbroker')
  await new Promise((resolve) => server.close(resolve))
})
