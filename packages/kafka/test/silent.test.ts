/** A server that takes connections and never answers: given up when the time is over that connecting may take. */

import { createServer } from 'node:net'
import { systemClock, systemRandom } from 'busbar/transport'
import { expect, onTestFinished, test } from 'vitest'
import { kafka } from '../src/index.js'

test('UNREACHABLE when nobody answers within connectTimeoutMs', async () => {
  const server = createServer((socket) => void socket.on('error', () => {}).resume())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const host = { service: 's', instance: 'i', clock: systemClock, random: systemRandom, onState() {} }
  await expect(
    kafka({ url: `kafka://127.0.0.1:${port}`, connectTimeoutMs: 200 })(host),
  ).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining(
      `Kafka at 127.0.0.1:${port} could not be reached: no answer within 200 ms.`,
    ),
  })
})
