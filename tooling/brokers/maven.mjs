/** Class paths of Java servers: one pom each, whose jars Maven keeps in its own cache. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findProgram } from './programs.mjs'

const run = promisify(execFile)
const cache = fileURLToPath(new URL('../../node_modules/.cache/brokers', import.meta.url))
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath'

/** @param {string} pom a file */
const cacheFile = (pom) => {
  const version = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 16)
  return join(cache, `${version}.classpath`)
}

/** @param {string} pom */
function remembered(pom) {
  const file = cacheFile(pom)
  if (!existsSync(file)) return undefined
  const found = readFileSync(file, 'utf8').trim()
  return found.split(delimiter).every((jar) => existsSync(jar)) ? found : undefined
}

/**
 * Why the server of a pom cannot run here, or undefined.
 * @param {string} pom
 */
export function missingForJava(pom) {
  if (findProgram('java') === undefined) return 'no java (17 or newer) on this machine'
  if (findProgram('mvn') !== undefined || remembered(pom) !== undefined) return undefined
  return 'no mvn on this machine to fetch the jars'
}

/**
 * The class path of a pom's runtime dependencies; fetches what is not in Maven's cache.
 * @param {string} pom
 */
export async function classPath(pom) {
  const known = remembered(pom)
  if (known !== undefined) return known
  mkdirSync(cache, { recursive: true })
  // Two test files may ask at the same time.
  const mine = `${cacheFile(pom)}.${process.pid}`
  const args = ['--batch-mode', '--quiet', '--file', pom, plugin, '-DincludeScope=runtime']
  await run('mvn', [...args, `-Dmdep.outputFile=${mine}`], { timeout: 600_000 }).catch((error) => {
    throw new Error(`mvn could not fetch the jars of ${pom}:\n${String(error.stdout).trim().slice(-2_000)}`)
  })
  renameSync(mine, cacheFile(pom))
  return readFileSync(cacheFile(pom), 'utf8').trim()
}
