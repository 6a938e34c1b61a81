/** The whole conformance suite against a server that speaks the protocol of SQS. */

import { conformance } from '@busbar/conformance/vitest'
import { sqs } from '../src/index.js'
import { startServer } from './server.js'

async function start() {
  const server = await startServer()
  return {
    connect: sqs({ url: server.url, waitSeconds: 1, routesMs: 30 }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

conformance({ name: 'sqs', start }, { report: '../conformance.json' })
