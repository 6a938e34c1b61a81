/** Runs the tests that need Chromium when there is one, and says so when there is none. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const folders = (process.env.PATH ?? '').split(delimiter)
const chromium =
  process.env.BUSBAR_CHROMIUM ??
  names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
const required = (process.env.BUSBAR_REQUIRE ?? '').split(',').includes('chromium')

if (chromium !== undefined) {
  const run = spawnSync('vitest run --config vitest.browser.config.ts', {
    stdio: 'inherit',
    shell: true,
    env: { ...process.env, BUSBAR_CHROMIUM: chromium },
  })
  process.exitCode = run.status ?? 1
} else {
  console.log('browser tests skipped: no chromium on the PATH (BUSBAR_CHROMIUM names another place)')
  if (required) process.exitCode = 1
}
