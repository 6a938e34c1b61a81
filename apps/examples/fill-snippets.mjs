/** Puts the examples into the pages: `node apps/examples/fill-snippets.mjs`. */
import { readFileSync, writeFileSync } from 'node:fs'

const root = new URL('../../', import.meta.url)
for (const page of ['README.md', 'docs/tour.md', 'docs/outbox-and-inbox.md', 'docs/durability.md']) {
  const at = new URL(page, root)
  const text = readFileSync(at, 'utf8').replace(
    /(<!-- file: (\S+) -->\n```ts\n)[\s\S]*?```/g,
    (_, head, path) =>
      `${head}${readFileSync(new URL(path, root), 'utf8').replace(/^\/\*\*.*\*\/\n\n/, '')}\`\`\``,
  )
  writeFileSync(at, text)
}
