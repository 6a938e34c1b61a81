/** The servers a durable queue is compared with, each in a directory of its own. */

import { end, freePort, launch, type Server, untilOpen } from './server-process.js'

/** Undefined when the program is not on this machine. */
export type StartServer = (dir: string) => Promise<Server | undefined>

export const natsServer: StartServer = (dir) =>
  simple('nats', 'nats-server', (port) => ['-a', '127.0.0.1', '-p', port, '-js', '-sd', dir])

export const redisServer: StartServer = (dir) =>
  simple('redis', 'redis-server', (port) => [
    ...['--bind', '127.0.0.1', '--port', port, '--dir', dir, '--save', ''],
    ...['--appendonly', 'yes', '--appendfsync', 'always'],
  ])

async function simple(
  scheme: string,
  program: string,
  args: (port: string) => readonly string[],
): Promise<Server | undefined> {
  const port = await freePort()
  const child = await launch(program, args(String(port)))
  if (child?.pid === undefined) return undefined
  await untilOpen(child, port)
  return { url: `${scheme}://127.0.0.1:${port}`, pid: child.pid, stop: () => end(child) }
}
