/** Finds free loopback ports for servers that are killed and started again in place. */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below what Linux and macOS give to outgoing connections: a client that retries a port of that range while the
// server is down can be given the very port it dials, connect to itself, and keep the server out.
const lowest = 20_000
const highest = 32_000

/**
 * Ports of 127.0.0.1 that nobody listens on, all different.
 * @param {number} count
 */
export async function freePorts(count) {
  /** @type {Set<number>} */
  const found = new Set()
  for (let tries = 0; found.size < count; tries++) {
    if (tries > 1_000) throw new Error(`no ${count} free ports between ${lowest} and ${highest}`)
    const port = randomInt(lowest, highest)
    if (await isFree(port)) found.add(port)
  }
  return [...found]
}

/** @type {(port: number) => Promise<boolean>} */
const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
