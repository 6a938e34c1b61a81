/** Laws of this repository that no linter knows: size and name of files, where time may come from, no traces of a machine. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sourceFiles } from './source-files.mjs'

const maxLines = 300
const code = /\.(tsx?|mjs)$/
const shipped = /^packages\/[^/]+\/src\//
const clock = 'packages/bus/src/clock.ts'
const picture = /\.(png|jpg|gif|webp|ico|woff2)$/

/** @typedef {{ path: string, text: string, lines: string[] }} SourceFile */

/** Each law says what is wrong with a file, or nothing. @type {Record<string, (file: SourceFile) => string | undefined>} */
export const laws = {
  'file-size': ({ path, lines }) =>
    code.test(path) && lines.length > maxLines ? `${lines.length} lines, at most ${maxLines}` : undefined,
  'file-name': ({ path }) =>
    /(^|\/)(utils?|helpers?|common|misc|shared|types)(\.[^/]+)?\.(tsx?|mjs)$/.test(path)
      ? 'say what the file does, not that others use it'
      : undefined,
  'first-line': ({ path, lines }) =>
    code.test(path) && shipped.test(path) && !/^(\/\*\*|\/\/)/.test(lines[0] ?? '')
      ? 'the first line says what the file does'
      : undefined,
  'module-state': ({ path, lines }) =>
    shipped.test(path) ? found(lines, /^(export )?(let|var) /, 'module-level mutable state') : undefined,
  'ambient-time': ({ path, lines }) =>
    shipped.test(path) && path !== clock
      ? found(
          lines,
          /\b(Date\.now|Math\.random|performance\.now)\b|\bnew Date\(\)/,
          'time and randomness are handed in',
        )
      : undefined,
  'machine-trace': ({ path, lines }) =>
    path === 'tooling/source-law.mjs'
      ? undefined
      : found(
          lines,
          /(^|[\s'"`(:])\/(home|root|Users|mnt|opt|work|workspace)\/|file:\/\/\/\w|\bregistry\.\w+\.\w+/,
          'names a machine or a registry',
        ),
  'lock-hosts': ({ path, lines }) =>
    path === 'pnpm-lock.yaml' ? found(lines, /https?:|tarball:/, 'names a registry host') : undefined,
}

/** @type {(lines: string[], pattern: RegExp, why: string) => string | undefined} */
function found(lines, pattern, why) {
  const index = lines.findIndex((line) => pattern.test(line))
  return index < 0 ? undefined : `line ${index + 1}: ${why}`
}

/**
 * Judges one file.
 * @param {string} path relative to the workspace, with forward slashes
 * @param {string} text
 */
export function judge(path, text) {
  const lines = text.replace(/\n$/, '').split('\n')
  return Object.entries(laws).flatMap(([law, check]) => {
    const why = check({ path, text, lines })
    return why === undefined ? [] : [{ law, path, why }]
  })
}

/**
 * Judges every file below `root`.
 * @param {string} root
 */
export function judgeAll(root) {
  const files = sourceFiles(root, (path) => !picture.test(path)).map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    return { path, text, breaches: judge(path, text) }
  })
  const sizes = files
    .filter(({ path }) => code.test(path))
    .map(({ text }) => text.split('\n').length - 1)
    .sort((a, b) => a - b)
  return {
    breaches: files.flatMap((file) => file.breaches),
    files: sizes.length,
    median: sizes[Math.floor(sizes.length / 2)] ?? 0,
    longest: sizes.at(-1) ?? 0,
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { breaches, files, median, longest } = judgeAll(fileURLToPath(new URL('..', import.meta.url)))
  for (const { law, path, why } of breaches) console.error(`${law}: ${path}: ${why}`)
  console.log(
    `source law: ${files} files, median ${median} lines, longest ${longest}, ${breaches.length} breaches`,
  )
  if (breaches.length > 0) process.exitCode = 1
}
