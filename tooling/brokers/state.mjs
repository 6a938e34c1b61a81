/** Which servers `npm run brokers` has started, remembered in a file between its runs. */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Entry
 * @property {string} url
 * @property {number} pid
 * @property {string} command the process's command line: another one under the same id is not our server
 * @property {string} endCommand
 * @property {string} dir
 */

/**
 * The command line of a process, or undefined when there is none.
 * @param {number} pid
 */
export function commandOf(pid) {
  const { status, stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' })
  return status === 0 && !stdout.includes('<defunct>') ? stdout.trim() : undefined
}

/** Ends a server and all it started. @param {Entry} entry */
function end({ endCommand, pid, command }) {
  spawnSync('sh', ['-c', endCommand], { stdio: 'ignore' })
  const deadline = performance.now() + 10_000
  // The signal is sent before the process is gone, and its files must not come back after they were removed.
  while (commandOf(pid) === command) {
    if (performance.now() > deadline) throw new Error(`process ${pid} does not end: ${command}`)
  }
}

/** @param {string} root the folder of all servers' data */
export function stateIn(root) {
  const file = join(root, 'state.json')
  /** @returns {Record<string, Entry>} */
  const read = () => {
    if (!existsSync(file)) return {}
    try {
      return JSON.parse(readFileSync(file, 'utf8'))
    } catch {
      throw new Error(`${file} is not readable as JSON: end what still runs by hand, then remove ${root}`)
    }
  }
  /** @param {Record<string, Entry>} state */
  const write = (state) => {
    mkdirSync(root, { recursive: true })
    writeFileSync(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`)
    renameSync(`${file}.new`, file)
  }
  return {
    /** @param {string} name */
    dirOf: (name) => join(root, name),
    entries: () => Object.entries(read()),
    /** The entry of a server that runs, or undefined. @param {string} name */
    running(name) {
      const entry = read()[name]
      return entry !== undefined && commandOf(entry.pid) === entry.command ? entry : undefined
    },
    /** @param {string} name @param {Entry} entry */
    remember: (name, entry) => write({ ...read(), [name]: entry }),
    /** Ends what is left of a server, removes its folder, forgets it. @param {string} name */
    remove(name) {
      const { [name]: entry, ...others } = read()
      const stranger = entry !== undefined && ![undefined, entry.command].includes(commandOf(entry.pid))
      if (entry !== undefined && !stranger) end(entry)
      rmSync(join(root, name), { recursive: true, force: true, maxRetries: 5 })
      if (Object.keys(others).length > 0) write(others)
      else rmSync(file, { force: true })
      if (existsSync(root) && readdirSync(root).length === 0) rmdirSync(root)
    },
  }
}
