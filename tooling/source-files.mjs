/** Walks the files that people wrote, without asking git. */
import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

const skipped = new Set(['node_modules', 'dist', 'coverage', 'fixtures', '.git', '.test-results', '.brokers'])

/**
 * Paths below `root`, relative to it and with forward slashes, in order.
 * @param {string} root
 * @param {(path: string) => boolean} [wanted]
 * @returns {string[]}
 */
export function sourceFiles(root, wanted = () => true) {
  /** @type {string[]} */
  const found = []
  /** @param {string} folder */
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (skipped.has(entry.name)) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) walk(path)
      else if (entry.isFile()) found.push(relative(root, path).split(sep).join('/'))
    }
  }
  walk(root)
  return found.filter(wanted).sort()
}
