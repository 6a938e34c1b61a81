/** Faults in the system calls of a process: late, failing, or the process dies at one of them. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Injection {
  /** System calls, such as `fdatasync` or `write,writev`. */
  readonly calls: string
  /** What happens at them, as strace names it; counted per thread from the time of the attachment. */
  readonly what: string
  /** Only the thread that runs JavaScript, where sockets and files are written; default all. */
  readonly mainThread?: boolean
  /** Where strace writes what it saw; default nowhere. */
  readonly log?: string
}

const flagsOf = ({ calls, what, mainThread = false, log = '/dev/null' }: Injection): string[] => [
  ...(mainThread ? [] : ['-f']),
  ...['-y', '-o', log, '-e', `trace=${calls}`, '-e', `inject=${calls}:${what}`, '-e', 'signal=none'],
]

/** The beginning of a command that runs another under the injection; the process is the child itself. */
export function straced(injection: Injection): string[] {
  return ['strace', '-D', '-qq', ...flagsOf(injection)]
}

export interface Attached {
  /** Lets the process go on as before. */
  detach(): Promise<void>
}

/** Attaches to a running process; resolves when the injection is in force. */
export async function attach(pid: number, injection: Injection): Promise<Attached> {
  const child = spawn('strace', [...flagsOf(injection), '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const gone = once(child, 'exit')
  await new Promise<void>((resolve, reject) => {
    const said = createInterface(child.stderr)
    const lines: string[] = []
    said.on('line', (line) => {
      lines.push(line)
      // One line for all threads, once the last of them is attached.
      if (/attached/.test(line)) resolve()
    })
    child.once('exit', () => reject(new Error(`strace ended: ${lines.join('\n')}`)))
  })
  return {
    async detach() {
      child.kill('SIGINT')
      await gone
    },
  }
}
