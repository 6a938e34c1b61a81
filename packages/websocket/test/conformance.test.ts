/** The whole conformance suite against a hub in this process, through a proxy that can cut the links. */

import { createCuttingProxy } from '@busbar/conformance/proxy'
import { conformance } from '@busbar/conformance/vitest'
import { createHub } from '@busbar/hub'
import { websocket } from '../src/index.js'

const host = '127.0.0.1'

async function start() {
  let port = 0
  const proxy = await createCuttingProxy(() => ({ host, port }))
  const open = () => createHub({ websocket: { host, port, allowedHosts: [`${host}:${proxy.port}`] } })
  let hub = await open()
  port = Number(new URL(hub.websocketUrl ?? '').port)
  return {
    connect: websocket({ url: `ws://${host}:${proxy.port}` }),
    interrupt: proxy.cut,
    async restart() {
      await hub.close()
      hub = await open()
    },
    async [Symbol.asyncDispose]() {
      await hub.close()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

conformance({ name: 'websocket', start }, { report: '../conformance.json' })
