/** A hub as a process of its own, on ports and a directory that it comes back to after it was killed. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const fileOf = (path: string): string => fileURLToPath(new URL(`../../hub/${path}`, import.meta.url))

export class HubProcess implements AsyncDisposable {
  tcpUrl = 'tcp://127.0.0.1:0'
  websocketUrl = 'ws://127.0.0.1:0'
  private readonly dir = mkdtempSync(join(tmpdir(), 'busbar-killed-'))
  private child: ChildProcess | undefined

  static async start(): Promise<HubProcess> {
    if (!existsSync(fileOf('dist/main.js'))) throw new Error('The hub is not built: npm run build.')
    const hub = new HubProcess()
    await hub.start()
    return hub
  }

  /** Resolves when it is ready, at the same ports as before. */
  async start(): Promise<void> {
    const ports = ['--tcp-port', new URL(this.tcpUrl).port, '--ws-port', new URL(this.websocketUrl).port]
    const argv = [fileOf('bin/busbar-hub.js'), ...ports, '--data', this.dir]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.child = child
    const ready = once(createInterface(child.stdout), 'line')
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The hub ended with ${String(code)} before it was ready.`)
    })
    const [line] = await Promise.race([ready, ended])
    const [, tcpUrl = '', websocketUrl = ''] = String(line).split(' ')
    Object.assign(this, { tcpUrl, websocketUrl })
    ended.catch(() => undefined)
  }

  /** kill -9; resolves when the process is gone. */
  async kill(): Promise<void> {
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.dir, { recursive: true, force: true })
  }
}
