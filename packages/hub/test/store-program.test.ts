// The hub as a program with a store: a directory for one process, and an exit code for each way to fail.

import { frameType, writePublish } from '@busbar/protocol'
import type { Channel } from 'busbar/transport'
import { expect, it } from 'vitest'
import { failSyncs, fillDisk } from './broken-disk.js'
import { until, within } from './bystander.js'
import { runProgram } from './program.js'
import { channelNamed, messageTo, readyPeer } from './raw-peer.js'
import { tempDir } from './temp-dir.js'

const plain = channelNamed('store.queue', 'queue')
const queue: Channel = { ...plain, guarantees: { ...plain.guarantees, durable: true } }
const ports = ['--tcp-port', '0', '--ws-port', 'off']

it('F47 refuses a directory that is in use with 73 and one line, and the first goes on', async () => {
  const dir = tempDir()
  const first = await runProgram([...ports, '--data', dir])
  const second = await runProgram(ports, { BUSBAR_DATA: dir })
  expect(await second.exited).toBe(73)
  expect(second.out.join('').trimEnd().split('\n')).toHaveLength(1)
  expect(second.out[0]).toContain(`STORE_LOCKED`)
  expect(second.out[0]).toContain(dir)
  const peer = await readyPeer(first.out[0]?.replace('ready ', ''))
  await peer.declare(1, queue)
  first.signal.SIGTERM?.()
  expect(await within(4_000, first.exited)).toBe(0)
})

it('F48 refuses a path that is no directory with 1 and one line', async () => {
  const { out, exited } = await runProgram([...ports, '--data', import.meta.filename])
  expect(await exited).toBe(1)
  expect(out.join('').trimEnd().split('\n')).toHaveLength(1)
  expect(out[0]).toContain('STORE_UNUSABLE')
})

it('F44 ends with 74 and one clear line when the disk fails', async () => {
  const { out, codes, exited } = await runProgram([...ports, '--data', tempDir()])
  const peer = await readyPeer(out[0]?.replace('ready ', ''))
  await peer.declare(1, queue)
  failSyncs()
  writePublish(peer.writer, 1, 1, { channel: queue, message: messageTo(queue.name) })
  peer.flush()
  expect(await within(4_000, exited)).toBe(74)
  await until(() => peer.closed)
  expect(peer.frames.filter(({ type }) => type === frameType.receipts)).toEqual([])
  expect(out.filter((line) => line.startsWith('busbar-hub: STORE_FAILED'))).toHaveLength(1)
  expect(codes).toEqual([74])
})

it('says why it did not end in order when the last words found no room', async () => {
  const { out, signal, exited } = await runProgram([...ports, '--data', tempDir()])
  const peer = await readyPeer(out[0]?.replace('ready ', ''))
  await peer.declare(1, queue)
  fillDisk()
  writePublish(peer.writer, 1, 1, { channel: queue, message: messageTo(queue.name) })
  peer.flush()
  await until(() => out.some((line) => line.includes('"store-full"')))
  signal.SIGTERM?.()
  peer.socket.destroy()
  expect(await exited).toBe(1)
  expect(out.filter((line) => line.startsWith('busbar-hub: STORE_FULL'))).toHaveLength(1)
})

it('lists its exit codes', async () => {
  const { out } = await runProgram(['--help'])
  for (const words of ['--data DIR', 'BUSBAR_DATA', '73', '74']) expect(out.join('')).toContain(words)
})
