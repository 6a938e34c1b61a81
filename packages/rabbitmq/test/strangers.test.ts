/** Servers of another kind at the place of a RabbitMQ: refused in a sentence, and nothing is thrown at the process. */

import { createServer, type Socket } from 'node:net'
import { systemClock, systemRandom } from 'busbar/transport'
import { expect, onTestFinished, test } from 'vitest'
import { rabbitmq } from '../src/index.js'

const host = {
  ...{ service: 's', instance: 'i', clock: systemClock, random: systemRandom },
  onState() {},
}

/** What others say when a client comes. */
async function stranger(greet: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    greet(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `amqp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

test.each([
  ['a NATS server', (socket: Socket) => socket.write('INFO {"server_id":"NA","version":"2.10.0"}\r\n')],
  // Its sizes are below those at which Node throws.
  ['a server that sends small numbers', (socket: Socket) => socket.write(Buffer.alloc(64, 0x01))],
])('%s is UNREACHABLE, with what is wrong', async (_, greet) => {
  const url = await stranger(greet)
  await expect(rabbitmq({ url })(host)).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining(
      `${url} could not be reached: what answers there does not speak AMQP 0-9-1.`,
    ),
  })
})

test('a broker of AMQP 1.0 is told with the URL it has', async () => {
  const url = await stranger((socket) => socket.write(Buffer.from('AMQP\x03\x01\x00\x00', 'latin1')))
  await expect(rabbitmq({ url })(host)).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('amqp10://'),
  })
})
