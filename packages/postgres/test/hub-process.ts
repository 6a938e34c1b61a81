/** A durable hub in a process of its own, on one port and one directory, to be killed and started again. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const program = fileURLToPath(new URL('../../hub/bin/busbar-hub.js', import.meta.url))

export interface HubProcess {
  readonly url: string
  /** SIGKILL, and a new start on what it left; resolves when that is ready. */
  restart(): Promise<void>
}

/** Started; gone after the test, with its directory. */
export async function hubProcess(): Promise<HubProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'busbar-hub-'))
  let hub = await start(dir, '0')
  onTestFinished(async () => {
    await kill(hub.child)
    rmSync(dir, { recursive: true })
  })
  const { url } = hub
  return {
    url,
    async restart() {
      await kill(hub.child)
      hub = await start(dir, new URL(url).port)
    },
  }
}

async function start(dir: string, port: string): Promise<{ child: ChildProcess; url: string }> {
  const flags = ['--tcp-port', port, '--ws-port', 'off', '--data', dir, '--min-free', '0']
  const child = spawn(process.execPath, [program, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return new Promise((resolve, reject) => {
    // It says "ready" and its URL.
    createInterface(child.stdout).once('line', (line) => resolve({ child, url: line.split(' ')[1] ?? '' }))
    child.once('exit', (code, signal) => reject(new Error(`The hub ended with ${signal ?? code}: ${said}`)))
  })
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
