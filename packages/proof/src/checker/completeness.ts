/** Whether every message of a topic came to its end in every group: handled, dead, or gone for a reason that counts. */

import type { Counts, TopicEvent } from '../history/event.js'
import type { Disturbances } from './disturbances.js'
import type { Group, Handled } from './handled.js'
import { type Fate, reportLost } from './lost.js'
import type { Publication } from './publications.js'
import type { Findings } from './report.js'

export interface CompletenessParts {
  readonly fact: TopicEvent
  readonly publications: ReadonlyMap<string, Publication>
  readonly findings: Findings
  readonly disturbances: Disturbances
  /** What the hub said last. */
  readonly counts: Counts | undefined
  /** Number of the event with which the last purge ended; 0 without one. */
  readonly purgedSeq: number
  /** How many messages purges took away. */
  purged: number
}

/** Judges each group; purged and expired messages have no names, so as many of the missing are excused. */
export function checkCompleteness(groups: Iterable<Group>, parts: CompletenessParts): void {
  const { fact, counts, purgedSeq, publications, findings } = parts
  let excused = parts.purged + (fact.bounded === true ? (counts?.expired ?? 0) : 0)
  for (const group of groups) {
    if (fact.kind === 'stream' && group.name.startsWith('@')) continue
    if (!fact.tracked) excused = group.missed
    const mayBeGone = ({ invokedSeq }: Publication): boolean =>
      !fact.tracked || fact.bounded === true || invokedSeq < purgedSeq
    const why = fact.tracked ? `never came to an end in ${group.name}` : `never came to ${group.name}`
    reportLost(publications.values(), fact.topic, why, findings, (publication) => {
      const fate = fact.tracked ? fateOf(publication, group, parts) : plainFateOf(publication, group, parts)
      if (fate !== 'missing' || excused === 0 || !mayBeGone(publication)) return fate
      excused -= 1
      return 'unjudged'
    })
  }
}

/** It must have ended where it had to come or was seen. */
function fateOf(publication: Publication, group: Group, { fact, purgedSeq }: CompletenessParts): Fate {
  const handled = group.handled.get(publication.id)
  // A group gets what is published once it is there; a stream is read by offset.
  if (fact.kind === 'event' && publication.invokedSeq < group.since) return 'unjudged'
  if (handled === undefined) {
    const isSkipped = publication.offset !== undefined && isIn(group.gaps, publication.offset)
    return publication.mustAppear && !isSkipped ? 'missing' : 'unjudged'
  }
  return hasEnded(handled, purgedSeq) ? 'there' : 'missing'
}

/** A handler that gave it up for good is believed only if the dead letter is there. */
const hasEnded = ({ end, isDeadLetter }: Handled, purgedSeq: number): boolean =>
  isDeadLetter || (end !== undefined && (end.kind !== 'dead' || end.seq < purgedSeq))

/** Plain events are promised only while nothing breaks, to those who were there from before the publish to after it. */
function plainFateOf(publication: Publication, group: Group, { disturbances }: CompletenessParts): Fate {
  const { id, invokedSeq, ackedSeq, mustAppear } = publication
  if (group.handled.has(id)) return 'there'
  const wasThere = invokedSeq > group.since && ackedSeq < group.until
  const process = group.name.startsWith('@') ? group.name.slice(1) : undefined
  return mustAppear && wasThere && disturbances.isQuietSince(invokedSeq, process) ? 'missing' : 'unjudged'
}

const isIn = (ranges: Group['gaps'], offset: number): boolean =>
  ranges.some(([from, to]) => from <= offset && offset <= to)
