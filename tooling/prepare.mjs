/** Installs and builds the workspace: one line for each step, and the whole output of a step that fails. */
import { spawnSync } from 'node:child_process'

const pnpm = 'npx --yes pnpm@10.34.9'
const steps = [
  {
    what: 'installing the packages',
    command: `${pnpm} install --frozen-lockfile --prefer-offline`,
    hint: 'It needs the lockfile as committed, and a registry or a filled cache.',
  },
  {
    what: 'building',
    command: `${pnpm} --recursive --reporter=append-only run build`,
    hint: 'The package that failed is named above.',
  },
]

// Under `npm run --silent` the whole tree below inherits the silence, errors included.
const { npm_config_loglevel: _, ...env } = process.env

for (const { what, command, hint } of steps) {
  process.stderr.write(`${what} … `)
  const started = performance.now()
  const { status, signal, stdout, stderr } = spawnSync(command, {
    shell: true,
    encoding: 'utf8',
    env,
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  if (status === 0) {
    process.stderr.write(`${seconds} s\n`)
    continue
  }
  process.stderr.write(`failed after ${seconds} s\n${stdout}${stderr}`)
  process.stderr.write(`${what} failed${signal === null ? '' : ` (${signal})`}: ${command}\n${hint}\n`)
  process.exit(status ?? 1)
}
