/** A hub under test with a client beside the trouble: after each fault it must still get its echo, long before any timeout. */

import { frameType, writeConsume, writeCredit, writePublish } from '@busbar/protocol'
import { onTestFinished } from 'vitest'
import { createHub, type Hub, type HubOptions } from '../src/index.js'
import { channelNamed, messageTo, readyPeer } from './raw-peer.js'

export interface Scene {
  readonly hub: Hub
  readonly logged: {
    readonly level: string
    readonly event: string
    readonly fields: Record<string, unknown>
  }[]
  /** Resolves when an event published by the bystander came back to it. */
  echo(): Promise<void>
}

const channel = channelNamed('bystander.echo', 'event')

/** A hub on free ports that is closed after the test, and its bystander. */
export async function hubWithBystander(options: HubOptions = {}, token?: string): Promise<Scene> {
  const logged: Scene['logged'] = []
  const hub = await createHub({
    tcp: { port: 0 },
    websocket: { port: 0 },
    log: (level, event, fields) => logged.push({ level, event, fields }),
    ...options,
    limits: { drainTimeoutMs: 100, ...options.limits },
  })
  onTestFinished(() => hub.close())
  const peer = await readyPeer(hub.tcpUrl, token)
  await peer.declare(1, channel)
  writeConsume(peer.writer, {
    request: 2,
    consumerId: 1,
    channelId: 1,
    spec: { pattern: channel.name, group: undefined, concurrency: 1 },
  })
  writeCredit(peer.writer, 1, 1_000)
  peer.flush()
  await peer.next(frameType.ok)
  let sequence = 0
  return {
    hub,
    logged,
    async echo() {
      sequence += 1
      writePublish(peer.writer, 1, sequence, { channel, message: messageTo(channel.name) })
      peer.flush()
      await within(4_000, peer.next(frameType.deliver))
    },
  }
}

/** Rejects when `work` takes longer. */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${ms} ms`)), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** Resolves when `holds` is true; looks at it after each turn of the event loop. */
export async function until(holds: () => boolean, ms = 5_000): Promise<void> {
  await within(
    ms,
    (async () => {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
    })(),
  )
}
