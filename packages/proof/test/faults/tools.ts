/** What a test of outside faults needs of its machine: where it is missing, the test says so and is left out. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, it } from 'vitest'

const faketimeLibraries = ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/faketime`)

/** The library that moves the wall clock of one process, if it is there. */
export const faketime = faketimeLibraries
  .map((folder) => join(folder, 'libfaketime.so.1'))
  .find((path) => existsSync(path))

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0

/** Each tried for real: being installed is not being allowed. */
const checks = {
  strace: () => works('strace', '-qq', '-o', join(tmpdir(), 'busbar-strace'), '-e', 'trace=none', 'true'),
  faketime: () => faketime !== undefined,
  mount: () => works('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()),
  netns: () => works('ip', '-V') && works('unshare', '--net', 'ip', 'link', 'add', 'probe', 'type', 'veth'),
  setpriv: () => process.getuid?.() === 0 && works('setpriv', '--reuid=65534', '--clear-groups', 'true'),
  procfs: () => existsSync('/proc/self/status'),
} as const

export type Tool = keyof typeof checks

const known = new Map<Tool, boolean>()

function has(tool: Tool): boolean {
  const found = known.get(tool) ?? checks[tool]()
  known.set(tool, found)
  return found
}

/** A test that is left out, with a line that says so, where a tool is missing; BUSBAR_REQUIRE_FAULT_TOOLS=1 has it fail instead. */
export function itNeeds(tools: readonly Tool[], name: string, test: () => Promise<void>): void {
  const missing = tools.filter((tool) => !has(tool))
  if (missing.length === 0) {
    it(name, test, 120_000)
    return
  }
  const why = `skipped for want of ${missing.join(', ')}: ${name}`
  if (process.env.BUSBAR_REQUIRE_FAULT_TOOLS === '1') {
    it(name, () => {
      throw new Error(why)
    })
    return
  }
  it.skipIf(true)(name, test)
  console.log(why)
}

/** Gives folders of their own to tests, and takes down afterwards what was put up, the last first. */
export function cleanUp(): { fresh(): string; later(fn: () => unknown): void } {
  const tasks: (() => unknown)[] = []
  afterEach(async () => {
    for (const task of tasks.splice(0).reverse()) await task()
  })
  const later = (task: () => unknown): void => void tasks.push(task)
  return {
    later,
    fresh() {
      const folder = mkdtempSync(join(tmpdir(), 'busbar-fault-'))
      later(() => rmSync(folder, { recursive: true, force: true }))
      return folder
    },
  }
}

/** Runs a command of the system; throws with what it said when it fails. */
export function system(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: ${error?.message ?? stderr}`)
}
