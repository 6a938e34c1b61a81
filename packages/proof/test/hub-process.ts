/** A durable hub as a process of its own, on one port and one directory, to be killed and started again. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../hub/bin/busbar-hub.js', import.meta.url))
const built = fileURLToPath(new URL('../../hub/dist/main.js', import.meta.url))

export class HubProcess {
  private child: ChildProcess | undefined
  private port = '0'
  private said = ''

  constructor(private readonly dir: string) {
    if (!existsSync(built)) throw new Error('The hub is not built: npm run build.')
  }

  get url(): string {
    return `tcp://127.0.0.1:${this.port}`
  }

  /** Resolves when the process runs, which is long before the hub is ready. */
  begin(): Promise<string> {
    const flags = ['--tcp-port', this.port, '--ws-port', 'off', '--data', this.dir]
    const child = spawn(process.execPath, [program, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child = child
    this.said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.said += text
    })
    return new Promise((resolve, reject) => {
      createInterface(child.stdout).once('line', (line) => resolve(line))
      child.once('exit', (code, signal) => {
        reject(new Error(`The hub ended with ${signal ?? code} before it was ready: ${this.said}`))
      })
    })
  }

  /** Resolves when the hub is ready. */
  async start(): Promise<void> {
    const ready = await this.begin()
    this.port = new URL(ready.split(' ')[1] ?? '').port
  }

  /** SIGKILL; resolves when the process is gone. Rejects when it had ended by itself. */
  async kill(): Promise<void> {
    const { child } = this
    if (child === undefined || child.exitCode !== null) {
      throw new Error(`The hub had ended with ${child?.exitCode}: ${this.said}`)
    }
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** SIGTERM; gives the exit code. */
  async stop(): Promise<number | null> {
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
    return child.exitCode
  }
}
