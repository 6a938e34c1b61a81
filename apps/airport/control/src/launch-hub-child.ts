/** Runs the hub in a child process that can be killed, and starts it again on the same ports and data when it is gone. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { pause } from '@airport/contracts'
import { connect } from '@busbar/connect'
import { type Clock, systemClock } from 'busbar'
import type { HubNews } from './hub.js'
import { hubOptions, onPorts, type RunningHub } from './running-hub.js'

const program = fileURLToPath(new URL('./hub.js', import.meta.url))

export interface HubChildOptions {
  readonly pageUrl: string
  readonly dir: string
  readonly headless: boolean
  readonly wire: 'tcp' | 'ws'
  /** How long the hub stays away when it has ended. */
  readonly outageMs: number
  /** Called when it has ended and when it is back. */
  changed(): void
}

interface Child {
  readonly process: ChildProcess
  readonly ended: Promise<unknown>
  readonly tcpUrl: string
  readonly websocketUrl: string
}

const portOf = (url: string): number => Number(new URL(url).port)

/** Resolves when the child takes connections; rejects with what it refuses to start with. */
async function start(options: ReturnType<typeof hubOptions>): Promise<Child> {
  const child = spawn(process.execPath, ['--enable-source-maps', program, JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  const early = ended.then((): never => {
    throw new Error('The hub ended before it was ready.')
  })
  early.catch(() => undefined)
  // The program sends nothing else.
  const [news] = (await Promise.race([once(child, 'message'), early])) as [HubNews]
  if ('refusal' in news) throw Object.assign(new Error(news.refusal), { code: news.code })
  return { process: child, ended, ...news }
}

/** What has ended by itself, or was killed by anybody, is started again just like what lost its plug here. */
export async function launchHubChild(
  options: HubChildOptions,
  clock: Clock = systemClock,
): Promise<RunningHub> {
  const { pageUrl, dir, headless, wire, outageMs, changed } = options
  const closing = new AbortController()
  const first = await onPorts(headless, (ports) => start(hubOptions(ports, pageUrl, dir)))
  const { tcpUrl, websocketUrl } = first
  const ports = [portOf(tcpUrl), portOf(websocketUrl)] as const
  const back: (() => void)[] = []
  let current: Child | undefined = first

  const keep = async (): Promise<void> => {
    for (let child = first; ; ) {
      await child.ended
      current = undefined
      if (closing.signal.aborted) return
      changed()
      await pause({ clock, signal: closing.signal }, outageMs)
      if (closing.signal.aborted) return
      child = await start(hubOptions(ports, pageUrl, dir))
      current = child
      if (closing.signal.aborted) child.process.kill('SIGTERM')
      for (const tell of back.splice(0)) tell()
      changed()
    }
  }
  const kept = keep()
  const failed = new Promise<Error>((resolve) => {
    kept.catch(resolve)
  })

  return {
    tcpUrl,
    websocketUrl,
    transport: connect(wire === 'tcp' ? tcpUrl : websocketUrl),
    failed,
    plug: {
      get pid() {
        return current?.process.pid
      },
      pull() {
        const next = new Promise<void>((resolve) => back.push(resolve))
        current?.process.kill('SIGKILL')
        return next
      },
    },
    async close() {
      closing.abort()
      current?.process.kill('SIGTERM')
      await kept.catch(() => undefined)
    },
  }
}
