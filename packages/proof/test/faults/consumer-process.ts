/** A consumer in a process of its own, to be killed or stopped in the middle of its handlers. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./consumer.mjs', import.meta.url))

export interface ConsumerOptions {
  readonly url: string
  readonly topic: 'jobs' | 'brief'
  readonly concurrency: number
}

export class ConsumerProcess {
  /** What it said: `working`, `began N ATTEMPT ACQUIRED`, `ended N WHY`. */
  readonly said: string[] = []
  private readonly child: ChildProcess
  private readonly gone: Promise<unknown>
  private look = (): void => {}

  constructor(options: ConsumerOptions) {
    const child = spawn(process.execPath, [program, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.child = child
    this.gone = once(child, 'exit')
    if (child.stdout === null) throw new Error('The consumer has no output.')
    createInterface(child.stdout).on('line', (line) => {
      this.said.push(line)
      this.look()
    })
  }

  /** Resolves when it has said this; one caller at a time. */
  until(line: string): Promise<void> {
    return this.untilCount(() => this.said.includes(line))
  }

  /** Resolves when what it has said satisfies. */
  untilCount(isEnough: (said: readonly string[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.look = () => {
        if (isEnough(this.said)) resolve()
      }
      void this.gone.then(() => reject(new Error(`The consumer ended: ${this.said.join('\n')}`)))
      this.look()
    })
  }

  /** Lets its handlers end. */
  finish(): void {
    this.child.stdin?.write('\n')
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.gone
  }
}
