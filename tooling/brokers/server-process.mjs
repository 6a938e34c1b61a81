/** One run of a server: started, waited for by its log, ended with everything it started. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import { endContainer } from './docker.mjs'

/**
 * @typedef {object} Run
 * @property {import('./kinds/kind.js').Launch} launch
 * @property {string} cwd
 * @property {string} logFile appended to
 * @property {RegExp} ready
 * @property {number} timeout milliseconds
 * @property {string} what names the server in errors
 * @property {string | undefined} container its name, when the command is `docker run`
 * @property {(endCommand: string) => void} onSpawn
 */

/**
 * @typedef {object} ServerProcess
 * @property {number} pid of the server, and of its process group
 * @property {string} endCommand shell that ends it and all it started, whatever state it is in
 * @property {Promise<void>} ended
 * @property {(signal: NodeJS.Signals) => Promise<void>} end sends the signal, after 10 s SIGKILL; resolves when nothing is left
 * @property {() => void} forget lets this process end before the server
 */

/**
 * Resolves when the server is ready. Rejects with the end of its log when it ends before or is late.
 * @param {Run} run
 * @returns {Promise<ServerProcess>}
 */
export async function startProcess({ launch, cwd, logFile, ready, timeout, what, container, onSpawn }) {
  const log = openSync(logFile, 'a')
  const from = statSync(logFile).size
  const child = spawn(launch.command, launch.args, {
    cwd,
    env: { ...process.env, ...launch.env },
    stdio: ['ignore', log, log],
    // A group of its own: Ctrl-C is for the tests, and what the server starts ends with it.
    detached: true,
  })
  closeSync(log)
  /** @type {string | undefined} */
  let fate
  const ended = new Promise((/** @type {(value: void) => void} */ resolve) => {
    const over = (/** @type {string} */ how) => {
      fate = how
      resolve()
    }
    child.once('error', (error) => over(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) => over(`ended before it was ready (${signal ?? `exit code ${code}`})`))
  })
  const pid = child.pid ?? 0
  const endCommand = container === undefined ? `kill -s KILL -- -${pid}` : endContainer(container, pid)
  if (pid !== 0) onSpawn(endCommand)
  const sweep = () => pid !== 0 && spawnSync('sh', ['-c', endCommand], { stdio: 'ignore' })
  void ended.then(sweep)

  /** @type {ServerProcess['end']} */
  const end = async (signal) => {
    if (fate === undefined && signal !== 'SIGKILL') {
      child.kill(signal)
      const patience = new AbortController()
      await Promise.race([ended, after(10_000, undefined, patience).catch(() => {})])
      patience.abort()
    }
    if (fate === undefined) sweep()
    await ended
  }

  const logged = () => readFileSync(logFile).subarray(from).toString()
  const deadline = performance.now() + timeout
  while (!ready.test(logged())) {
    const late = performance.now() > deadline
    if (!late && fate === undefined) {
      await Promise.race([after(30), ended])
      continue
    }
    const why = fate ?? `was not ready after ${timeout} ms`
    await end('SIGKILL')
    const tail = logged().trimEnd().split('\n').slice(-20).join('\n')
    throw new Error(`${what} ${why}; the end of its log:\n${tail === '' ? '(empty)' : tail}`)
  }
  return { pid, endCommand, ended, end, forget: () => child.unref() }
}
