/** Compares docs/errors.md with the table of codes, both ways. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorTable } from '../src/error-table.js'

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [code = '', ...lines] = section.split('\n')
      return [code, lines.join('\n')] as const
    }),
)

test('every code has a section with its meaning and its fix, and every section has a code', () => {
  expect([...sections.keys()].sort()).toEqual(Object.keys(errorTable).sort())
  for (const [code, row] of Object.entries(errorTable)) {
    expect(sections.get(code), code).toContain(row.meaning)
    expect(sections.get(code), code).toContain(row.fix)
  }
})
