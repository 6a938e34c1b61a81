/** The whole conformance suite against a hub with a store in this process, through a proxy that can cut the links. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCuttingProxy } from '@busbar/conformance/proxy'
import { conformance } from '@busbar/conformance/vitest'
import { createHub } from '@busbar/hub'
import { tcp } from '../src/index.js'

const host = '127.0.0.1'

async function start() {
  const dir = mkdtempSync(join(tmpdir(), 'busbar-conformance-'))
  const store = { dir, minFreeBytes: 0 }
  let port = 0
  const proxy = await createCuttingProxy(() => ({ host, port }))
  const open = () => createHub({ tcp: { host, port }, store, limits: { drainTimeoutMs: 200 } })
  let hub = await open()
  port = Number(new URL(hub.tcpUrl ?? '').port)
  return {
    connect: tcp({ url: `tcp://${host}:${proxy.port}` }),
    interrupt: proxy.cut,
    async restart() {
      await hub.close()
      hub = await open()
    },
    async [Symbol.asyncDispose]() {
      await hub.close()
      await proxy[Symbol.asyncDispose]()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

conformance({ name: 'tcp', start }, { report: '../conformance.json' })
