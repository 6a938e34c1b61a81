/** Links under TLS: a door before the broker, whose certificate was signed by nobody the machine knows. */

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Server } from 'node:tls'
import { promisify } from 'node:util'
import { contract, createBus, queue } from 'busbar'
import { isBusError } from 'busbar/transport'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { type AmqpOptions, amqp } from '../src/index.js'
import { withResolvers } from './with-resolvers.js'

const run = promisify(execFile)
const { bag } = contract('secret', { bag: queue(z.object({ kg: z.number() })) })

/** A key in a store, and its certificate as PEM. The tool comes with Java, which Artemis needs. */
async function certificate(dir: string) {
  const store = join(dir, 'server.p12')
  const common = ['-alias', 'server', '-keystore', store, '-storetype', 'PKCS12', '-storepass', 'secret']
  const name = ['-dname', 'CN=localhost', '-ext', 'SAN=IP:127.0.0.1,DNS:localhost']
  await run('keytool', ['-genkeypair', '-keyalg', 'EC', ...name, ...common])
  const { stdout } = await run('keytool', ['-exportcert', '-rfc', ...common])
  return { pfx: await readFile(store), ca: stdout }
}

describeBroker('artemis', 'amqps', () => {
  let dir: string
  let ca: string
  let server: Awaited<ReturnType<typeof startBroker>>
  let door: Server
  let port: number
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'busbar-tls-'))
    const made = await certificate(dir)
    ca = made.ca
    server = await startBroker('artemis')
    door = createServer({ pfx: made.pfx, passphrase: 'secret' }, (near) => {
      const far = connect(server.port, server.host)
      for (const socket of [near, far]) socket.on('error', () => {})
      near.pipe(far).pipe(near)
    })
    await new Promise<void>((resolve) => door.listen(0, resolve))
    const address = door.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })
  afterAll(async () => {
    door.close()
    await server.close()
    await rm(dir, { recursive: true })
  })

  const busOf = (host: string, options: Partial<AmqpOptions> = {}) =>
    createBus({
      service: 'tower',
      transport: amqp({ url: `amqps://busbar:busbar@${host}:${port}`, ...options }),
    })
  const refusal = async (attempt: Promise<unknown>) => {
    const error: unknown = await attempt.catch((reason: unknown) => reason)
    return isBusError(error) ? `${error.code} ${error.message}` : error
  }

  for (const host of ['127.0.0.1', 'localhost']) {
    test(`messages travel under TLS when its certificate is trusted, at ${host}`, async () => {
      await using bus = await busOf(host, { tls: { ca } })
      const handled = withResolvers<number>()
      await bus.work(bag, ({ kg }) => handled.resolve(kg))
      await bus.send(bag, { kg: 7 })
      expect(await handled.promise).toBe(7)
    })
  }

  test('a certificate that nobody vouches for is UNREACHABLE, with the reason', async () => {
    expect(await refusal(busOf('127.0.0.1', { connectTimeoutMs: 1_000 }))).toMatch(
      /^UNREACHABLE .*self-signed certificate/,
    )
  })

  test('a link without TLS to a door with TLS is UNREACHABLE', async () => {
    const url = `amqp://busbar:busbar@127.0.0.1:${port}`
    expect(await refusal(busOf('127.0.0.1', { url, connectTimeoutMs: 2_000 }))).toMatch(/^UNREACHABLE /)
  })
})
