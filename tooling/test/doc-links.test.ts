/** Every relative link between the pages leads to a file, and every page can be reached from the first one. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sourceFiles } from '../source-files.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const all = sourceFiles(root, () => true).map((path) => path.replaceAll('\\', '/'))

/** Where a page's links, pictures and sources lead, relative to the root; code blocks hold no links. */
const linksOf = (page: string, text: string): string[] =>
  [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)]
    .map(([, link, source]) => (link ?? source ?? '').replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .map((target) => normalize(join(dirname(page), target)).replace(/[/\\]$/, ''))

const linksIn = (page: string): string[] => linksOf(page, readFileSync(join(root, page), 'utf8'))

/** Pages and pictures that a reader finds from `start`; a link to a folder shows its files. */
const reachableFrom = (start: string): Set<string> => {
  const seen = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path) || !existsSync(join(root, path))) return
    seen.add(path)
    if (statSync(join(root, path)).isDirectory()) {
      for (const file of all) if (dirname(file) === path) visit(file)
    } else if (path.endsWith('.md')) for (const target of linksIn(path)) visit(target)
  }
  visit(start)
  return seen
}

test('links are found outside of code, and resolved from their page', () => {
  const page = 'see [a](b.md#c), [d](https://e.f), <img src="../g.png">\n```ts\nx[1](no.md)\n```\n'
  expect(linksOf('docs/page.md', page)).toEqual(['docs/b.md', 'g.png'])
})

test('every relative link of every page leads to a file', () => {
  const pages = all.filter((path) => path.endsWith('.md'))
  expect(pages.length).toBeGreaterThan(10)
  const broken = pages.flatMap((page) =>
    linksIn(page)
      .filter((target) => !existsSync(join(root, target)))
      .map((target) => `${page}: ${target}`),
  )
  expect(broken).toEqual([])
})

test('every file in docs is reachable from the README', () => {
  const found = reachableFrom('README.md')
  expect(all.filter((path) => path.startsWith('docs/') && !found.has(path))).toEqual([])
})
