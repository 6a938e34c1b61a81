/**
 * The whole conformance suite: one directory, and every way to it and between links through a proxy that can cut it.
 * There is no broker to restart: pairs do not go through the directory, see directory.broker.test.ts.
 */

import { createServer } from 'node:net'
import { createCuttingProxy } from '@busbar/conformance/proxy'
import { conformance } from '@busbar/conformance/vitest'
import type { Host } from 'busbar/transport'
import { createDirectory, zeromq } from '../src/index.js'

const host = '127.0.0.1'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}

async function start() {
  const directory = await createDirectory({ url: `zmq://${host}:0` })
  const { url } = directory
  const front = await createCuttingProxy(() => ({ host, port: Number(new URL(url).port) }))
  const proxies = [front]
  return {
    async connect(of: Host) {
      const port = await freePort()
      const proxy = await createCuttingProxy(() => ({ host, port }))
      proxies.push(proxy)
      const open = zeromq({
        url: `zmq://${host}:${front.port}`,
        directory: 'join',
        listen: `tcp://${host}:${port}`,
        advertise: `tcp://${host}:${proxy.port}`,
      })
      return open(of)
    },
    async interrupt() {
      await Promise.all(proxies.map((proxy) => proxy.cut()))
    },
    async [Symbol.asyncDispose]() {
      await directory.close()
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]()
    },
  }
}

conformance({ name: 'zeromq', start }, { report: '../conformance.json' })
