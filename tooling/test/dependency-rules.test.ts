/** Each dependency rule is shown something that it must flag, and the real cruise is shown to see everything. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { cruiseWorkspace, workspace } from '../cruise.mjs'
import { rules } from '../dependency-rules.mjs'

const fixtures = fileURLToPath(new URL('fixtures/', import.meta.url))

test('every rule has a fixture and every fixture a rule', () => {
  expect(readdirSync(fixtures).sort()).toEqual(rules.map((rule) => rule.name).sort())
})

test.for(rules.map((rule) => rule.name))('%s flags its fixture, and nothing else does', async (name) => {
  const { violations } = await cruiseWorkspace(`${fixtures}${name}`)
  expect(new Set(violations.map((violation) => violation.rule))).toEqual(new Set([name]))
})

test.for([
  ['connect-loads-wires-on-demand', 'packages/connect/src/index.ts', 'packages/tcp/src/index.ts'],
  ['services-know-no-transport', 'apps/airport/tower/src/index.ts', 'packages/tcp/src/index.ts'],
  ['apps-never-import-apps', 'apps/airport/tower/src/index.ts', 'apps/airport/gates/src/index.ts'],
  ['no-deep-imports', 'packages/hub/src/index.ts', 'packages/bus/src/engine.ts'],
] as const)('%s spares the allowed import beside it', async ([rule, from, to]) => {
  const { violations } = await cruiseWorkspace(`${fixtures}${rule}`)
  expect(violations).toEqual([{ rule, from, to }])
})

test('no-cycles spares types that name each other', async () => {
  const { violations } = await cruiseWorkspace(`${fixtures}no-cycles`)
  expect(violations.filter(({ from }) => from.includes('protocol'))).toEqual([])
})

test('the cruise sees every source file', async () => {
  const { seen, unseen } = await cruiseWorkspace(workspace)
  expect(unseen).toEqual([])
  expect(seen).toBeGreaterThan(40)
})
