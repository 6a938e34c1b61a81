/** Tells which messages are lost, and where in the order of the publishes they stood. */

import type { Publication } from './publications.js'
import type { Findings, Part } from './report.js'

/** What became of a message that must be somewhere; `unjudged` when nothing was promised. */
export type Fate = 'there' | 'missing' | 'unjudged'

/**
 * Reports what is missing. Its part says what else is: `prefix` when everything published before it is missing too,
 * `suffix` when everything after it is, `middle` otherwise.
 */
export function reportLost(
  publications: Iterable<Publication>,
  topic: string,
  what: string,
  findings: Findings,
  fateOf: (publication: Publication) => Fate,
): void {
  const missing: { readonly value: string; readonly place: number }[] = []
  let place = 0
  let [first, last] = [Number.POSITIVE_INFINITY, -1]
  for (const publication of publications) {
    const fate = fateOf(publication)
    if (fate === 'unjudged') continue
    if (fate === 'missing') missing.push({ value: publication.value, place })
    else {
      first = Math.min(first, place)
      last = place
    }
    place += 1
  }
  for (const { value, place } of missing) {
    const part: Part = place < first ? 'prefix' : place > last ? 'suffix' : 'middle'
    findings.add('lost', topic, `${value} ${what}`, part)
  }
}
