// Exhaustion at full numbers: peers that stall, requests that nobody serves, file descriptors that run out.

import { spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { frameType, readClose, writeOpen } from '@busbar/protocol'
import { expect, it, onTestFinished } from 'vitest'
import { hubWithBystander, until, within } from './bystander.js'
import { channelNamed, frame, messageTo, rawPeer, readyPeer } from './raw-peer.js'

const queue = channelNamed('full.queue', 'queue')
const request = channelNamed('full.request', 'request')
const mebibyte = 1024 * 1024

it('F32 200 peers that stall in the middle of a frame stay within the budget of all', async () => {
  const { hub, echo } = await hubWithBystander({
    limits: { maxInboundBytes: 16 * mebibyte, frameTimeoutMs: 2_000 },
  })
  const peers = await Promise.all(Array.from({ length: 200 }, () => readyPeer(hub.tcpUrl)))
  const half = frame(frameType.publish, new Uint8Array(mebibyte)).subarray(0, mebibyte - 1)
  let most = 0
  for (const peer of peers) {
    peer.send(half)
    await new Promise((resolve) => setImmediate(resolve))
    most = Math.max(most, hub.inspect().inboundBytes)
  }
  await echo()
  await until(() => {
    most = Math.max(most, hub.inspect().inboundBytes)
    return hub.inspect().connections === 1
  }, 20_000)
  expect(most).toBeGreaterThan(8 * mebibyte)
  expect(most).toBeLessThanOrEqual(16 * mebibyte)
  expect(hub.inspect().inboundBytes).toBe(0)
  await echo()
})

it('F35 100,000 requests without a responder end at once and leave nothing', async () => {
  const { hub, echo } = await hubWithBystander()
  const peer = await readyPeer(hub.tcpUrl)
  await peer.declare(1, request)
  for (let round = 0; round < 10; round++) {
    for (let index = 0; index < 10_000; index++) {
      const message = messageTo(request.name)
      const exchangeId = 2 * (10_000 * round + index) + 1
      writeOpen(peer.writer, exchangeId, 1, { channel: request, timeoutMs: 30_000, message })
    }
    peer.flush()
    const closes = (): number => peer.frames.filter(({ type }) => type === frameType.close).length
    await until(() => closes() === 10_000, 20_000)
    const { body } = await peer.next(frameType.close)
    body.u32()
    expect(readClose(body).code).toBe('NO_RESPONDER')
    peer.frames.length = 0
  }
  expect(hub.inspect()).toMatchObject({ exchanges: 0, outboundBytes: 0 })
  await echo()
})

/** Until the hub has seen the crowd go it turns everybody away: who comes then comes again. */
async function welcomed(url: string): Promise<void> {
  for (let isIn = false; !isIn; ) {
    const peer = await rawPeer(url)
    isIn = await peer.hello().then(
      () => true,
      () => false,
    )
  }
}

it('F31 a hub that runs out of file descriptors lives, and accepts again when there are some', async () => {
  const program = fileURLToPath(new URL('../bin/busbar-hub.js', import.meta.url))
  const command = `ulimit -n 64; exec "${process.execPath}" "${program}" --tcp-port 0 --ws-port off`
  const hub = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void hub.kill('SIGKILL'))
  const url = await new Promise<string>((resolve, reject) => {
    let out = ''
    hub.stdout.on('data', (chunk) => {
      out += chunk
      const ready = /ready (tcp:\S+)/.exec(out)
      if (ready?.[1] !== undefined) resolve(ready[1])
    })
    hub.once('exit', () => reject(new Error(`the hub ended: ${out}`)))
  })
  const before = await readyPeer(url)
  const { port } = new URL(url)
  const crowd: Socket[] = []
  let closed = 0
  for (let index = 0; index < 150; index++) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.once('close', () => {
      closed += 1
    })
    socket.resume()
    crowd.push(socket)
  }
  // The descriptors it has left are fewer than the crowd: the rest is turned away.
  await until(() => closed > 150 - 64)
  await before.declare(1, queue)
  for (const socket of crowd) socket.destroy()
  await within(10_000, welcomed(url))
  await before.declare(2, request)
  expect(hub.exitCode).toBeNull()
}, 60_000)
