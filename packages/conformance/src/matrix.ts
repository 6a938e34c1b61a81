/** Markdown tables made of reports: kinds by transports for a README, features by transports for the docs. */

import { features, type Kind, type Support } from 'busbar/transport'
import type { Report } from './report.js'

const kinds: readonly Kind[] = ['event', 'queue', 'request', 'stream', 'pair']
const mark: Readonly<Record<Support, string>> = { native: 'yes', emulated: 'emulated', none: '–' }

/** One row for each kind of topic. */
export function kindsMatrix(reports: readonly Report[]): string {
  return table(
    ['kind', ...reports.map((report) => report.transport)],
    kinds.map((kind) => [`\`${kind}\``, ...reports.map((report) => mark[report.features[kind].support])]),
  )
}

/** One row for each feature, with the number of cases that proved the claim; then the limits and the chapters. */
export function featuresMatrix(reports: readonly Report[]): string {
  const head = reports.map((report) => report.transport)
  const claims = features.map((feature) => [
    `\`${feature}\``,
    ...reports.map((report) => {
      const { support, cases } = report.features[feature]
      return cases > 0 ? `${mark[support]} (${cases})` : mark[support]
    }),
  ])
  const limits = [
    [
      'largest payload, bytes',
      ...reports.map((report) => report.limits.maxMessageBytes.toLocaleString('en')),
    ],
    ['longest delay, ms', ...reports.map((report) => report.limits.maxDelayMs.toLocaleString('en'))],
  ]
  const chapters = Object.keys(Object.assign({}, ...reports.map((report) => report.chapters))).map(
    (chapter) => [chapter, ...reports.map((report) => passedOf(report, chapter))],
  )
  return [
    table(['feature', ...head], claims),
    table(['limit', ...head], limits),
    table(['chapter', ...head], chapters),
  ].join('\n\n')
}

function passedOf(report: Report, chapter: string): string {
  const tally = report.chapters[chapter]
  if (tally === undefined) return '–'
  const { passed, failed, known, skipped } = tally
  const rest = [
    failed > 0 ? `${failed} failed` : '',
    known > 0 ? `${known} known to fail` : '',
    skipped > 0 ? `${skipped} skipped` : '',
  ].filter((text) => text !== '')
  return rest.length > 0 ? `${passed} (${rest.join(', ')})` : `${passed}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/**
 * Puts `block` between the comments `<!-- begin:NAME -->` and `<!-- end:NAME -->` of a Markdown text.
 * Throws when the text has no such comments.
 */
export function betweenMarkers(text: string, name: string, block: string): string {
  const [begin, end] = [`<!-- begin:${name} -->`, `<!-- end:${name} -->`]
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`The text has no ${begin} … ${end}.`)
  return `${text.slice(0, from)}${begin}\n\n${block}\n\n${text.slice(to)}`
}
