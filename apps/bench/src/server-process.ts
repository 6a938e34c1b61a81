/** A server of somebody else as a process of the benchmark: started on a free port, stopped at the end. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export interface Server {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** How long a server may take to open its port. */
const patienceMs = 60_000

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Undefined when the program is not on this machine. */
export async function launch(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ChildProcess | undefined> {
  const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } })
  // A benchmark that is stopped early leaves no server behind.
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  try {
    await once(child, 'spawn')
    return child
  } catch {
    process.off('exit', end)
    return undefined
  }
}

/** Resolves when the port takes connections; rejects when the process ends before or takes longer than a minute. */
export async function untilOpen(child: ChildProcess, port: number): Promise<void> {
  const late = performance.now() + patienceMs
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`)
    if (performance.now() > late) throw new Error(`${child.spawnfile} did not open port ${port}`)
    await wait(50)
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Asks the process to stop and waits until it has. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
