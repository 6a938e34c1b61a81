/** The code on the pages is the code of the examples, to the letter. */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** An example without its first line and imports' leading blank: what a page shows. */
const shown = (path: string): string => read(path).replace(/^\/\*\*.*\*\/\n\n/, '')

test.each([
  'README.md',
  'docs/tour.md',
  'docs/testing.md',
  'docs/outbox-and-inbox.md',
  'docs/durability.md',
  'docs/on-a-broker.md',
])('%s shows the examples as they are', (page) => {
  const snippets = [...read(page).matchAll(/<!-- file: (\S+) -->\n```ts\n([\s\S]*?)```/g)]
  expect(snippets.length).toBeGreaterThan(0)
  for (const [, path = '', code] of snippets) expect(code, path).toBe(shown(path))
})
