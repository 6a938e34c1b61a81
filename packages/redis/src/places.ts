/** Where a consumer stands: the line it takes from, and what is written down about both. */

import type { ConsumeRequest, Start } from 'busbar/transport'
import { allOf, lineOf } from './names.js'

export interface Place {
  readonly line: string
  /** Of the line, as JSON; empty for the one line of a queue, which needs none. */
  readonly facts: string
  /** Of the consumer, as JSON. */
  readonly consumer: string
  /** Where a new cursor begins. */
  readonly start: string
}

export function placeOf(
  { channel, group, pattern, start }: ConsumeRequest,
  owner: string,
  link: string,
): Place {
  if (channel.kind === 'queue') {
    return { line: 'q', facts: '', consumer: JSON.stringify({ line: 'q', link }), start: '' }
  }
  const transient = group === undefined
  // No name of a group begins like a link's.
  const line = group === undefined ? `~${owner}` : lineOf(channel, group, pattern)
  return {
    line,
    facts: lineFacts(group, line === group ? allOf(channel) : pattern),
    consumer: JSON.stringify({ line, link, ...(transient && { transient }) }),
    start: startText(start),
  }
}

export function lineFacts(group: string | undefined, pattern: string): string {
  return JSON.stringify({ pattern, ...(group !== undefined && { group }) })
}

/** `committed` is what a known cursor has; a new one begins at the end then. */
export function startText(start: Start | undefined): string {
  if (start === undefined || start === 'committed') return 'end'
  if (typeof start === 'string') return start
  return 'offset' in start ? `offset:${start.offset}` : `time:${Math.ceil(start.time)}`
}
