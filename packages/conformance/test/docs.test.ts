/** The tables of docs/transports.md are those of the reports; run with -u to write them anew. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { betweenMarkers, featuresMatrix, kindsMatrix, type Report } from '../src/index.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const page = `${root}docs/transports.md`

const reports = readdirSync(`${root}packages`)
  .map((name) => `${root}packages/${name}/conformance.json`)
  .filter((path) => existsSync(path))
  .map((path): Report => JSON.parse(readFileSync(path, 'utf8')))

it('docs/transports.md shows what the transports proved', async () => {
  expect(reports.map((report) => report.transport)).toEqual(
    expect.arrayContaining(['memory', 'tcp', 'websocket']),
  )
  const text = readFileSync(page, 'utf8')
  const withKinds = betweenMarkers(text, 'kinds', kindsMatrix(reports))
  await expect(betweenMarkers(withKinds, 'features', featuresMatrix(reports))).toMatchFileSnapshot(page)
})

it('README.md shows which kinds each transport carries', async () => {
  const readme = `${root}README.md`
  const text = betweenMarkers(readFileSync(readme, 'utf8'), 'kinds', kindsMatrix(reports))
  await expect(text).toMatchFileSnapshot(readme)
})

it('docs/writing-a-transport.md shows the example and its test as they are run', async () => {
  const guide = `${root}docs/writing-a-transport.md`
  const shown = (path: string) =>
    `\`\`\`ts\n${readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')}\`\`\``
  const withExample = betweenMarkers(readFileSync(guide, 'utf8'), 'example', shown('./example/loopback.ts'))
  const withTest = betweenMarkers(withExample, 'test', shown('./example/loopback.test.ts'))
  await expect(withTest).toMatchFileSnapshot(guide)
})

it('no transport has a failing case in its report', () => {
  for (const { transport, chapters } of reports) {
    const failing = Object.entries(chapters).filter(([, tally]) => tally.failed > 0)
    expect(failing, transport).toEqual([])
  }
})
