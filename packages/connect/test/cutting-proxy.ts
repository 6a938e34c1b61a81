/** A TCP proxy between client and hub that cuts, freezes and hides bytes on command. */

import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface CuttingProxy {
  readonly url: string
  /** Connections that were made through it. */
  readonly made: number
  /** Resets every connection. */
  cut(): void
  /** From now on nothing gets through and nobody is told, on the connections that exist. */
  freeze(): void
  /** Answers of the hub no longer reach the clients that are connected; what they send goes on to the hub. */
  muteHub(): void
  /** The next connections are made and then nothing gets through. */
  stallNext(): void
}

/** The target is asked for at each connection, so that a hub can be made that knows its proxy. */
export async function cuttingProxy(target: () => string): Promise<CuttingProxy> {
  const pairs = new Set<{ client: Socket; hub: Socket; muted: boolean; frozen: boolean }>()
  let made = 0
  let stalled = false
  const server = createServer((client) => {
    made += 1
    const { hostname, port } = new URL(target())
    const hub = connect(Number(port), hostname)
    const pair = { client, hub, muted: false, frozen: stalled }
    pairs.add(pair)
    client.on('data', (chunk) => pair.frozen || hub.write(chunk))
    hub.on('data', (chunk) => pair.frozen || pair.muted || client.write(chunk))
    for (const [one, other] of [
      [client, hub],
      [hub, client],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => {
        pairs.delete(pair)
        if (!pair.frozen || stalled) other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const cut = (): void => {
    for (const { client, hub } of pairs) {
      client.resetAndDestroy()
      hub.resetAndDestroy()
    }
  }
  onTestFinished(() => {
    cut()
    server.close()
  })
  return {
    url: `tcp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    get made() {
      return made
    },
    cut,
    freeze() {
      for (const pair of pairs) pair.frozen = true
    },
    muteHub() {
      for (const pair of pairs) pair.muted = true
    },
    stallNext() {
      stalled = true
    },
  }
}
