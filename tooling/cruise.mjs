/** Runs the dependency rules, and fails when the cruise did not see every source file. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise } from 'dependency-cruiser'
import { rules } from './dependency-rules.mjs'
import { sourceFiles } from './source-files.mjs'

export const workspace = fileURLToPath(new URL('..', import.meta.url))

/**
 * Cruises `packages` and `apps` below `root`.
 * @param {string} root
 */
export async function cruiseWorkspace(root) {
  const folders = ['packages', 'apps'].filter((folder) => existsSync(join(root, folder)))
  const { output } = await cruise(
    folders,
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: rules },
      doNotFollow: { path: '(^|/)node_modules/' },
      exclude: { path: '^(packages|apps)/((?!node_modules/).)*/(dist|fixtures)/' },
      tsPreCompilationDeps: true,
      enhancedResolveOptions: {
        conditionNames: ['busbar-source', 'import', 'types', 'node', 'default'],
        exportsFields: ['exports'],
        mainFields: ['module', 'main', 'types'],
      },
    },
    {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
      extensionAlias: { '.js': ['.ts', '.tsx', '.js'] },
    },
  )
  if (typeof output === 'string') throw new TypeError('the cruise gave text instead of a result')
  const seen = new Set(output.modules.map((module) => module.source))
  const unseen = folders
    .flatMap((folder) => sourceFiles(join(root, folder), isSource).map((path) => `${folder}/${path}`))
    .filter((path) => !seen.has(path))
  const violations = output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }))
  return { seen: seen.size, unseen, violations }
}

/** @param {string} path */
const isSource = (path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { seen, unseen, violations } = await cruiseWorkspace(workspace)
  for (const { rule, from, to } of violations) console.error(`${rule}: ${from} -> ${to}`)
  for (const path of unseen) console.error(`not seen by the cruise: ${path}`)
  console.log(`dependency rules: ${rules.length} rules, ${seen} modules, ${violations.length} violations`)
  if (violations.length > 0 || unseen.length > 0) process.exitCode = 1
}
