// The end of a hub: idle, busy, twice, and by signals.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  frameType,
  readDeliver,
  writeConsume,
  writeCredit,
  writePublish,
  writeTokens,
} from '@busbar/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub } from '../src/index.js'
import { within } from './bystander.js'
import { runProgram } from './program.js'
import { channelNamed, messageTo, type RawPeer, rawPeer, readyPeer } from './raw-peer.js'

const channel = channelNamed('drain.queue', 'queue')

/** A worker that got one of two messages and has not settled it. */
async function busyWorker(url: string | undefined): Promise<{ peer: RawPeer; token: number }> {
  const peer = await readyPeer(url)
  await peer.declare(1, channel)
  const spec = { pattern: channel.name, group: undefined, concurrency: 1 }
  writeConsume(peer.writer, { request: 2, consumerId: 1, channelId: 1, spec })
  writeCredit(peer.writer, 1, 1)
  for (const sequence of [1, 2]) {
    writePublish(peer.writer, 1, sequence, { channel, message: messageTo(channel.name) })
  }
  peer.flush()
  const { body, flags } = await peer.next(frameType.deliver)
  body.u32()
  return { peer, token: readDeliver(body, flags, channel).token }
}

const ended = async (work: Promise<unknown>): Promise<boolean> => {
  const turns = (async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    return false
  })()
  return Promise.race([work.then(() => true), turns])
}

it('F85 close() with idle peers of every sort resolves and closes their sockets', async () => {
  const hub = await createHub({ tcp: { port: 0 }, websocket: { port: 0 } })
  const ready = await readyPeer(hub.tcpUrl)
  const silent = await rawPeer(hub.tcpUrl)
  const http = await rawPeer(hub.websocketUrl)
  await within(4_000, hub.close())
  await Promise.all([ready.next(frameType.goaway), silent.end(), http.end()])
  await ready.end()
  expect(hub.inspect()).toMatchObject({ connections: 0, subscriptions: 0, outboundBytes: 0 })
  await expect(rawPeer(hub.tcpUrl)).rejects.toThrow('ECONNREFUSED')
})

it('F86 close() twice is one close', async () => {
  const hub = await createHub({ tcp: { port: 0 } })
  expect(hub.close()).toBe(hub.close())
  await hub.close()
  await hub[Symbol.asyncDispose]()
})

describe('F87 close() while a handler runs', () => {
  it('waits for its outcome and delivers nothing new', async () => {
    const hub = await createHub({ tcp: { port: 0 } })
    const { peer, token } = await busyWorker(hub.tcpUrl)
    const closing = hub.close()
    await peer.next(frameType.goaway)
    writeCredit(peer.writer, 1, 1)
    peer.flush()
    expect(await ended(closing)).toBe(false)
    writeTokens(peer.writer, frameType.ack, 1, [token])
    peer.flush()
    await within(4_000, closing)
    expect(peer.frames.filter(({ type }) => type === frameType.deliver)).toEqual([])
  })

  it('gives up after the drain timeout', async () => {
    const hub = await createHub({ tcp: { port: 0 }, limits: { drainTimeoutMs: 50 } })
    const { peer } = await busyWorker(hub.tcpUrl)
    await within(4_000, hub.close())
    await peer.end()
  })

  it('or when the worker is gone', async () => {
    const hub = await createHub({ tcp: { port: 0 } })
    const { peer } = await busyWorker(hub.tcpUrl)
    const closing = hub.close()
    peer.socket.destroy()
    await within(4_000, closing)
  })
})

it('F46 what a killed worker held goes to another at once, as a failed attempt', async () => {
  await using hub = await createHub({ tcp: { port: 0 } })
  const { peer } = await busyWorker(hub.tcpUrl)
  const other = await readyPeer(hub.tcpUrl)
  await other.declare(1, channel)
  const spec = { pattern: channel.name, group: undefined, concurrency: 2 }
  writeConsume(other.writer, { request: 2, consumerId: 1, channelId: 1, spec })
  writeCredit(other.writer, 1, 2)
  other.flush()
  await other.next(frameType.deliver)
  peer.socket.resetAndDestroy()
  const { body, flags } = await within(4_000, other.next(frameType.deliver))
  body.u32()
  const { attempt, token } = readDeliver(body, flags, channel)
  expect(attempt).toBe(2)
  writeTokens(other.writer, frameType.ack, 1, [token])
  other.flush()
  other.socket.end()
})

describe('the program', () => {
  it('prints one ready line and drains at SIGTERM; a second signal ends it at once', async () => {
    const { out, codes, signal, exited } = await runProgram(['--tcp-port', '0', '--ws-port', '0'])
    expect(out[0]).toMatch(/^ready tcp:\/\/127\.0\.0\.1:\d+ ws:\/\/127\.0\.0\.1:\d+\n$/)
    signal.SIGTERM?.()
    signal.SIGINT?.()
    expect(codes).toEqual([130])
    await exited
    await within(
      4_000,
      (async () => {
        while (codes.length < 2) await new Promise((resolve) => setTimeout(resolve, 2))
      })(),
    )
    expect(codes).toEqual([130, 0])
  })

  it('F81 F82 says in one line why it did not start', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void taken.close())
    const address = taken.address()
    const port = String(typeof address === 'object' && address !== null ? address.port : 0)
    const folder = mkdtempSync(join(tmpdir(), 'busbar-hub-'))
    const open = join(folder, 'open-tokens')
    writeFileSync(open, 'alice a-token-of-enough-bytes\n', { mode: 0o644 })
    const weak = join(folder, 'weak-tokens')
    writeFileSync(weak, 'alice weak\n', { mode: 0o600 })
    for (const [argv, words, code] of [
      [['--tcp-port', port, '--ws-port', 'off'], 'ADDRESS_IN_USE', 1],
      [['--host', '0.0.0.0'], 'INSECURE_BIND', 1],
      [['--tcp-port', '99999'], 'INVALID_OPTION', 1],
      [['--token-file', open], 'chmod 600', 1],
      [['--token-file', weak], 'at least 16 bytes', 1],
      [['--unknown'], '--unknown', 2],
    ] as const) {
      const { out, exited } = await runProgram(argv)
      expect(await exited).toBe(code)
      const [why, ...after] = out.join('').trimEnd().split('\n')
      expect(why).toContain(words)
      // Only a wrong flag is followed by those that there are.
      expect(after.length > 0).toBe(code === 2)
      expect(out.join('')).not.toContain('a-token-of-enough-bytes')
    }
  })
})
