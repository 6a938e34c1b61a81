/** A server of another kind at the place of a Redis. */

import { createServer } from 'node:net'
import { systemClock, systemRandom } from 'busbar/transport'
import { expect, onTestFinished, test } from 'vitest'
import { redis } from '../src/index.js'

test('who answers in words that no Redis has is UNREACHABLE, not a defect', async () => {
  // As a NATS server greets and refuses.
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end("-ERR 'Unknown Protocol Operation'\r\n"))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const host = { service: 's', instance: 'i', clock: systemClock, random: systemRandom, onState() {} }
  await expect(redis({ url: `redis://127.0.0.1:${port}` })(host)).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining(`Redis at 127.0.0.1:${port} could not be reached: ERR 'Unknown`),
  })
})
