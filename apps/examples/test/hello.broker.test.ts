/** The first example of the README on real brokers that carry all five kinds. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'

const hello = fileURLToPath(new URL('../dist/hello.js', import.meta.url))

async function output(url: string): Promise<string> {
  const env = { ...process.env, BUSBAR_URL: url }
  return (await promisify(execFile)(process.execPath, [hello], { env, timeout: 30_000 })).stdout
}

for (const name of ['nats', 'redis'] as const) {
  describeBroker(name, 'the README', () => {
    test(`hello prints on ${name} what it prints on memory`, async () => {
      await using server = await startBroker(name)
      expect(await output(server.url)).toBe(await output('memory:'))
    })
  })
}
