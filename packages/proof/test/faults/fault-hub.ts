/** A durable hub as a process of its own, started through whatever troubles it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../hub/bin/busbar-hub.js', import.meta.url))
const tunedProgram = fileURLToPath(new URL('./tuned-hub.mjs', import.meta.url))
const built = fileURLToPath(new URL('../../../hub/dist/main.js', import.meta.url))

export interface Launch {
  readonly dir: string
  readonly flags?: readonly string[]
  /** Of `createHub`, for what has no flag: then it is not the program that runs, but a few lines around the same hub. */
  readonly settings?: {
    readonly limits?: { readonly heartbeatMs: number }
    readonly segmentBytes?: number
    readonly host?: string
  }
  readonly env?: Readonly<Record<string, string>>
  /** A command that ends up as the hub's process, with its first arguments. */
  readonly through?: readonly string[]
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class FaultHub {
  /** What it said on stderr, since its last start, by line. */
  said: string[] = []
  exit: Promise<Exit> = Promise.resolve({ code: null, signal: null })
  private child: ChildProcess | undefined
  private port = '0'
  private host = '127.0.0.1'

  constructor(private readonly launch: Launch) {
    if (!existsSync(built)) throw new Error('The hub is not built: npm run build.')
  }

  get url(): string {
    return `tcp://${this.host}:${this.port}`
  }

  get dir(): string {
    return this.launch.dir
  }

  get pid(): number {
    return this.child?.pid ?? 0
  }

  /** Lines for people: all but the log. */
  get lines(): readonly string[] {
    return this.said.filter((line) => !line.startsWith('{'))
  }

  /** The events of the log, by name. */
  get events(): readonly string[] {
    return this.said
      .filter((line) => line.startsWith('{'))
      .map((line) => String((JSON.parse(line) as { event: unknown }).event))
  }

  /** Starts the process; gives whether it became ready or how it ended before. The port stays the same from then on. */
  async begin(change: Partial<Launch> = {}): Promise<'ready' | Exit> {
    const { dir, flags = [], settings, env = {}, through = [] } = { ...this.launch, ...change }
    const command = [...through, process.execPath]
    if (settings === undefined) {
      command.push(program, '--tcp-port', this.port, '--ws-port', 'off', '--data', dir, ...flags)
    } else command.push(tunedProgram, JSON.stringify({ port: Number(this.port), dir, ...settings }))
    const child = spawn(command[0] ?? '', command.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.child = child
    const said: string[] = []
    this.said = said
    createInterface(child.stderr).on('line', (line) => said.push(line))
    this.exit = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }))
    })
    const ready = new Promise<'ready'>((resolve) => {
      createInterface(child.stdout).once('line', (line) => {
        const url = new URL(line.split(' ')[1] ?? '')
        this.port = url.port
        this.host = url.hostname
        resolve('ready')
      })
    })
    return Promise.race([ready, this.exit])
  }

  /** Starts it and waits until it is ready. */
  async start(change: Partial<Launch> = {}): Promise<void> {
    const how = await this.begin(change)
    if (how !== 'ready') {
      throw new Error(`The hub ended with ${how.signal ?? how.code} at its start: ${this.said.join('\n')}`)
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal)
  }

  /** SIGKILL, if it still runs; resolves when the process is gone. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL')
    return this.exit
  }

  /** SIGTERM; resolves when it has ended. */
  async stop(): Promise<Exit> {
    this.signal('SIGTERM')
    return this.exit
  }
}
