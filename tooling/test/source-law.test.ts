/** Each source law is broken once, and spares what it must spare. */
import { expect, test } from 'vitest'
import { judge, laws } from '../source-law.mjs'

const first = '/** A room. */\n'
const lawsOf = (path: string, text: string) => judge(path, text).map((breach) => breach.law)

const broken: Record<string, [path: string, text: string]> = {
  'file-size': ['packages/bus/src/engine.ts', `${first}${'export {}\n'.repeat(300)}`],
  'file-name': ['packages/bus/src/helpers.ts', first],
  'first-line': ['packages/bus/src/engine.ts', 'export {}\n'],
  'module-state': ['packages/bus/src/engine.ts', `${first}export let count = 0\n`],
  'ambient-time': ['packages/hub/src/hub.ts', `${first}const now = Date.now()\n`],
  'machine-trace': ['README.md', `see ${'/'}home/somebody/busbar\n`],
  'lock-hosts': ['pnpm-lock.yaml', '  resolution: {tarball: somewhere}\n'],
}

test('every law is broken here', () => {
  expect(Object.keys(broken)).toEqual(Object.keys(laws))
})

test.for(Object.entries(broken))('%s', ([law, [path, text]]) => {
  expect(lawsOf(path, text)).toEqual([law])
})

test.for([
  ['packages/bus/src/engine.ts', `${first}${'export {}\n'.repeat(299)}`],
  ['packages/bus/src/clock.ts', `${first}export const now = () => Date.now()\n`],
  ['packages/bus/test/engine.test.ts', `${first}let count = 0\n`],
  ['packages/bus/src/wire-types.ts', `${first}  let local = 0\n`],
  ['README.md', 'npm start serves http://localhost:8080/opt/list\n'],
] as const)('%s is spared', ([path, text]) => {
  expect(lawsOf(path, text)).toEqual([])
})
