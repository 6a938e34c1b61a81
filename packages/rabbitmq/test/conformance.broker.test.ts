import { createCuttingProxy } from '@busbar/conformance/proxy'
import { conformance } from '@busbar/conformance/vitest'
import { rabbitmq } from '../src/index.js'

async function start() {
  const proxy = await createCuttingProxy(() => ({ host: '127.0.0.1', port: 25781 }))
  return {
    connect: rabbitmq({ url: `amqp://guest:guest@127.0.0.1:${proxy.port}` }),
    interrupt: proxy.cut,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
    },
  }
}

conformance({ name: 'rabbitmq', start })
