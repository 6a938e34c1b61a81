/** Starts the real airport as its own process, and reads from its output where it serves the page. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../control/dist/main.js', import.meta.url))

export interface AirportProcess {
  readonly pageUrl: string
  /** When the `ready` line came, on the monotonic clock. */
  readonly readyAt: number
  /** Everything that was printed, for failures. */
  output(): string
  stop(): Promise<number | null>
}

/** Resolves at the `ready` line. The launcher takes free ports when its usual ones are in use. */
export async function startAirportProcess(args: readonly string[]): Promise<AirportProcess> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const ended = once(child, 'exit')
  createInterface(child.stderr).on('line', (line) => lines.push(line))
  const ready = new Promise<number>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line)
      if (line.startsWith('ready')) resolve(performance.now())
    })
  })
  const early = ended.then(() => {
    throw new Error(`The airport ended before it was ready:\n${lines.join('\n')}`)
  })
  const readyAt = await Promise.race([ready, early])
  early.catch(() => undefined)
  const pageUrl = lines
    .map((line) => /^airport\s+(http:\S+)/.exec(line)?.[1])
    .find((url) => url !== undefined)
  if (pageUrl === undefined) throw new Error(`The airport named no page:\n${lines.join('\n')}`)
  return {
    pageUrl,
    readyAt,
    output: () => lines.join('\n'),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
  }
}
