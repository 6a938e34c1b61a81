/** `npm run brokers`: servers that stay until they are told to go, remembered between runs. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeBroker } from '../index.mjs'
import { commandOf } from '../state.mjs'

const cli = fileURLToPath(new URL('../cli.mjs', import.meta.url))
let folder: string
let root: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'busbar-command-'))
  root = join(folder, 'brokers')
})
afterEach(() => {
  brokers('down')
  rmSync(folder, { recursive: true })
})

const brokers = (...args: string[]): string =>
  execFileSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    env: { ...process.env, BUSBAR_BROKERS_DIR: root },
  })

const stateFile = () => join(root, 'state.json')
const state = (): Record<string, { pid: number; command: string }> =>
  JSON.parse(readFileSync(stateFile(), 'utf8'))

describeBroker('nats', 'npm run brokers', () => {
  test('up prints the URL, a second up finds the server, down leaves nothing', () => {
    const first = brokers('up', 'nats')
    expect(first).toMatch(/^nats +nats:\/\/127\.0\.0\.1:\d+\n$/)
    const pid = state().nats!.pid
    expect(brokers('up', 'nats')).toBe(first)
    expect(state().nats!.pid).toBe(pid)
    expect(brokers('status')).toMatch(/^nats +up +nats:\/\/127/)
    expect(brokers('down')).toMatch(/^nats +down\n$/)
    expect(commandOf(pid)).toBeUndefined()
    expect(existsSync(root)).toBe(false)
    expect(brokers('status')).toBe('no servers\n')
  })

  test('a server that was killed is gone, and the next up starts another', () => {
    brokers('up', 'nats')
    const { pid } = state().nats!
    process.kill(pid, 'SIGKILL')
    expect(brokers('status')).toMatch(/^nats +gone\n$/)
    brokers('up', 'nats')
    expect(state().nats!.pid).not.toBe(pid)
    expect(brokers('status')).toMatch(/^nats +up/)
  })

  test('a stranger under the remembered process id is left alone', async () => {
    brokers('up', 'nats')
    const entries = state()
    const server = entries.nats!
    const stranger = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
    const strangersEnd = `kill -s KILL -- -${stranger.pid}`
    writeFileSync(
      stateFile(),
      JSON.stringify({ nats: { ...server, pid: stranger.pid, endCommand: strangersEnd } }),
    )
    try {
      expect(brokers('status')).toMatch(/^nats +gone\n$/)
      brokers('down')
      expect(commandOf(stranger.pid!)).toBe('sleep 1000')
    } finally {
      stranger.kill('SIGKILL')
      process.kill(-server.pid, 'SIGKILL')
    }
  })

  test('a name it does not know starts nothing, and the names are told', () => {
    expect(() => brokers('up', 'nats', 'gnats')).toThrow(/unknown: gnats[\s\S]*names: nats, redis/)
    expect(existsSync(root)).toBe(false)
  })
})

describeBroker('redis', 'npm run brokers with two servers', () => {
  test('one of two is taken down', () => {
    brokers('up', 'nats', 'redis')
    expect(brokers('down', 'nats')).toMatch(/^nats +down\n$/)
    expect(brokers('status')).toMatch(/^redis +up +redis:/)
  })
})
