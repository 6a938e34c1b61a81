/** The broker has what was sent, but its word does not come through: it is sent again, and handled once. */

import { connect, createServer, type Socket } from 'node:net'
import { contract, createBus, queue } from 'busbar'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { amqp } from '../src/index.js'
import { bareClient } from './bare-client.js'

/** Passes everything on until `isDeaf`; then nothing comes back. */
async function deafProxy(port: number) {
  const sockets = new Set<Socket>()
  const state = { isDeaf: false }
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        for (const other of [near, far]) other.destroy()
      })
    }
    near.on('data', (data) => far.write(data))
    far.on('data', (data) => state.isDeaf || near.write(data))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('there is no port')
  return {
    url: `amqp://busbar:busbar@127.0.0.1:${address.port}`,
    deafen() {
      state.isDeaf = true
    },
    cut() {
      state.isDeaf = false
      for (const socket of sockets) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describeBroker('artemis', 'what the broker took without being heard', () => {
  for (const durable of [false, true]) {
    test(`F57 a ${durable ? 'durable' : 'transient'} message is handled once`, async () => {
      const { bag } = contract('unheard', { bag: queue(z.number(), { durable }) })
      await using server = await startBroker('artemis')
      await using proxy = await deafProxy(server.port)
      const tower = await createBus({ service: 'tower', transport: amqp({ url: proxy.url }) })
      const loader = await createBus({ service: 'loader', transport: amqp({ url: server.url }) })
      await tower.send(bag, 0)
      proxy.deafen()
      const sent = [1, 2, 3].map((n) => tower.send(bag, n))
      await using bare = await bareClient(server.port)
      const filter = JSON.stringify({ field: 'name', operation: 'EQUALS', value: 'unheard.bag' })
      const waiting = String.raw`\"messageCount\":\"4\"`
      await expect.poll(() => bare.order('listQueues', filter, 1, 1)).toContain(waiting)
      proxy.cut()
      await Promise.all(sent)
      const handled: number[] = []
      await loader.work(bag, (n) => void handled.push(n))
      await tower.send(bag, 4)
      await expect.poll(() => handled).toContain(4)
      expect(handled).toEqual([0, 1, 2, 3, 4])
      await Promise.all([tower.close(), loader.close()])
    })
  }
})
