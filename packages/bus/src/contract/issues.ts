/** Issues as they travel and are logged: bounded, and without anything of the payload but its paths. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Issue } from '../outcome.js'

const maxIssues = 20
const maxBytes = 8_192
const maxPathLength = 128
const maxMessageLength = 280
const utf8 = new TextEncoder()

/** The first 20 issues with dotted paths, as many as fit into 8 KiB of JSON. */
export function issuesOf(
  schema: StandardSchemaV1,
  issues: readonly StandardSchemaV1.Issue[],
): readonly Issue[] {
  const { vendor } = schema['~standard']
  let left = maxBytes
  const kept: Issue[] = []
  for (const { path, message } of issues.slice(0, maxIssues)) {
    const issue = {
      path: cut((path ?? []).map(segmentName).join('.'), maxPathLength),
      message: cut(withoutValue(vendor, message), maxMessageLength),
    }
    // One more for the comma or the bracket.
    left -= utf8.encode(JSON.stringify(issue)).byteLength + 1
    if (left < 1) break
    kept.push(issue)
  }
  return kept
}

function segmentName(segment: PropertyKey | StandardSchemaV1.PathSegment): string {
  return String(typeof segment === 'object' ? segment.key : segment)
}

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 3)}...`

/** zod names types only; arktype ends with `(was 41)`, valibot with `but received 41`, others with one or the other. */
function withoutValue(vendor: string, message: string): string {
  if (vendor === 'zod') return message
  return message.replace(/\s*\(was [\s\S]*$|,?\s*(?:but )?(?:received|got) [\s\S]*$/, '')
}
