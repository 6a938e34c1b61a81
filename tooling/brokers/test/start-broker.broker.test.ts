/** Each server starts on ports of its own, comes back in place with its data, and ends with the tests. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { type Broker, type BrokerName, brokerNames, describeBroker, startBroker } from '../index.mjs'

const answers = async ({ port, host }: Broker): Promise<boolean> => {
  const socket = connect(port, host)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

for (const name of brokerNames) {
  describeBroker(name, `startBroker('${name}')`, () => {
    test('starts, is killed, comes back on its port, stops and leaves nothing', {
      timeout: 240_000,
    }, async () => {
      const server = await startBroker(name)
      expect(server.url).toContain(`127.0.0.1:${server.port}`)
      expect(await answers(server)).toBe(true)
      const { pid } = server
      await server.kill()
      expect(await answers(server)).toBe(false)
      await server.restart()
      expect(server.pid).not.toBe(pid)
      expect(await answers(server)).toBe(true)
      await server.stop()
      expect(await answers(server)).toBe(false)
      await server.close()
      expect(existsSync(server.dir)).toBe(false)
    })
  })
}

describeBroker('redis', 'data and configuration', () => {
  test('data survive a kill; the configuration of the caller holds', async () => {
    await using server = await startBroker('redis', { config: 'requirepass secret' })
    const cli = (...args: string[]) => server.exec('redis-cli', ['-p', String(server.port), ...args])
    expect(await cli('get', 'gate')).toContain('NOAUTH')
    await cli('-a', 'secret', 'set', 'gate', 'A12')
    await server.restart()
    expect(await cli('-a', 'secret', 'get', 'gate')).toBe('A12\n')
  })
})

describeBroker('nats', 'failures', () => {
  test('a refused configuration is told by the log of the server', async () => {
    await expect(startBroker('nats', { config: 'wings: 2 3' })).rejects.toThrow(
      /^nats ended before it was ready \(exit code 1\); the end of its log:\nnats-server: Parse error on line 3/,
    )
  })

  test('a server ends, and its folder goes, when the process that started it is killed', async () => {
    const name: BrokerName = 'nats'
    const index = fileURLToPath(new URL('../broker.mjs', import.meta.url))
    const script = `import { startBroker } from ${JSON.stringify(index)}
      const { port, dir } = await startBroker('${name}')
      console.log(JSON.stringify({ port, dir }))`
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script])
    const [line] = await once(owner.stdout, 'data')
    const { port, dir } = JSON.parse(String(line)) as { port: number; dir: string }
    const client = connect(port, '127.0.0.1').resume()
    client.on('error', () => {})
    await once(client, 'connect')
    const cut = once(client, 'close')
    owner.kill('SIGKILL')
    await cut
    await vi.waitFor(() => expect(existsSync(dir)).toBe(false), 10_000)
  })
})
