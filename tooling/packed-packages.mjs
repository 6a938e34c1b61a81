/** Checks what would be published: packs each package, lints the tarball and its types, installs all and imports every entry. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const packages = fileURLToPath(new URL('../packages/', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'busbar-packed-'))
const pnpm = ['--yes', 'pnpm@10.34.9']
const run = promisify(execFile)

/** @type {string[]} */
const problems = []
/** @type {Record<string, string>} */
const tarballs = {}
/** @type {string[]} */
const entries = []

try {
  const folders = readdirSync(packages)
  // Each step waits for a process of its own, so as many packages are under way as there are cores.
  await Promise.all(Array.from({ length: availableParallelism() }, checkPackages))

  async function checkPackages() {
    for (let folder = folders.shift(); folder !== undefined; folder = folders.shift())
      await checkPackage(folder)
  }
  importAll()
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

for (const problem of problems) console.error(problem)
console.log(
  `packed packages: ${Object.keys(tarballs).length} packages, ${entries.length} entries, ${problems.length} problems`,
)
if (problems.length > 0) process.exitCode = 1

/** @type {(folder: string) => Promise<void>} */
async function checkPackage(folder) {
  const pkgDir = join(packages, folder)
  const manifest = JSON.parse(readFileSync(join(pkgDir, 'package.json'), 'utf8'))
  // What only this workspace uses is never published.
  if (manifest.private === true) return
  const tarball = join(scratch, `${folder}.tgz`)
  await run('npx', [...pnpm, 'pack', '--out', tarball], { cwd: pkgDir })
  tarballs[manifest.name] = `file:${tarball}`
  for (const path of Object.keys(manifest.exports)) entries.push(manifest.name + path.slice(1))
  await lintTarball(manifest.name, tarball)
  await checkTypes(manifest.name, tarball)
}

/** @type {(name: string, tarball: string) => Promise<void>} */
async function lintTarball(name, tarball) {
  const bytes = readFileSync(tarball)
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
  })
  for (const message of messages) {
    if (message.type !== 'suggestion') problems.push(`publint: ${name}: ${formatMessage(message, pkg)}`)
  }
}

/** @type {(name: string, tarball: string) => Promise<void>} */
async function checkTypes(name, tarball) {
  try {
    await run('attw', [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color'])
  } catch (cause) {
    problems.push(`attw: ${name}: ${cause instanceof Error && 'stdout' in cause ? cause.stdout : cause}`)
  }
}

/** Installs the tarballs as a stranger would and imports each entry. */
function importAll() {
  const home = join(scratch, 'stranger')
  mkdirSync(home)
  writeFileSync(
    join(home, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: tarballs }),
  )
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund'], { cwd: home, stdio: 'inherit' })
  // The suite's ./vitest entry only loads inside the test runner.
  const importable = entries.filter((entry) => !entry.endsWith('/vitest'))
  const program = importable.map((entry) => `await import(${JSON.stringify(entry)})`).join('\n')
  try {
    execFileSync('node', ['--input-type=module', '--eval', program], {
      cwd: home,
      encoding: 'utf8',
      stdio: 'pipe',
    })
  } catch (cause) {
    problems.push(`import: ${cause instanceof Error && 'stderr' in cause ? cause.stderr : cause}`)
  }
}
