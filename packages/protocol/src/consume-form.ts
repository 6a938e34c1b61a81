/** What CONSUME and ACCEPT ask for, and how a delivery may end, as JSON. */

import type { AcceptRequest, ConsumeRequest, Failure, Outcome, Start } from 'busbar/transport'
import { amount, flag, list, maybe, oneOf, record, text, whole } from './json-fields.js'
import { protocolError } from './protocol-error.js'

/** A consume request without the parts that stay with the client. */
export type ConsumeSpec = Omit<ConsumeRequest, 'channel' | 'onGap'>
export type AcceptSpec = Omit<AcceptRequest, 'channel'>

export function consumeSpecOf(request: ConsumeRequest): ConsumeSpec {
  const { channel: _channel, onGap: _onGap, ...spec } = request
  return spec
}

export function consumeSpecFrom(value: unknown): ConsumeSpec {
  const from = record(value, 'consume')
  const start = maybe(from.start, 'start', startFrom)
  const buffer = maybe(from.buffer, 'buffer', bufferFrom)
  return {
    pattern: text(from.pattern, 'pattern'),
    group: maybe(from.group, 'group', text),
    concurrency: whole(from.concurrency, 'concurrency'),
    ...(start !== undefined && { start }),
    ...(from.until !== undefined && { until: oneOf(from.until, ['now'], 'until') }),
    ...(from.inOrder !== undefined && { inOrder: flag(from.inOrder, 'inOrder') }),
    ...(buffer !== undefined && { buffer }),
  }
}

export function acceptSpecFrom(value: unknown): AcceptSpec {
  const from = record(value, 'accept')
  return { pattern: text(from.pattern, 'pattern'), concurrency: whole(from.concurrency, 'concurrency') }
}

/** The outcome of a SETTLE frame. */
export function outcomeFrom(value: unknown): Outcome {
  const from = record(value, 'outcome')
  const failure = maybe(from.failure, 'failure', failureFrom)
  switch (from.kind) {
    case 'done':
    case 'drop':
      return { kind: from.kind }
    case 'retry':
      return { kind: 'retry', afterMs: amount(from.afterMs, 'afterMs'), failure }
    case 'reject':
      return { kind: 'reject', reason: oneOf(from.reason, deadReasons, 'reason'), failure }
    default:
      throw protocolError('An outcome is of an unknown kind')
  }
}

export const deadReasons = ['rejected', 'attempts', 'schema', 'undecodable', 'expired'] as const

export function failureFrom(value: unknown): Failure {
  const from = record(value, 'failure')
  const code = maybe(from.code, 'code', text)
  const issues = maybe(from.issues, 'issues', (each) => list(each, 'issues', issueFrom))
  return {
    message: text(from.message, 'message').slice(0, 1_024),
    ...(code !== undefined && { code: code.slice(0, 64) }),
    ...(issues !== undefined && { issues: briefly(issues) }),
  }
}

type Issues = NonNullable<Failure['issues']>

/** The first of them that together are not too long: failures are kept with dead letters. */
function briefly(issues: Issues): Issues {
  let length = 0
  return issues.slice(0, 20).filter(({ path, message }) => {
    length += path.length + message.length + 32
    return length <= 2_048
  })
}

function issueFrom(value: unknown): { path: string; message: string } {
  const from = record(value, 'issue')
  return { path: text(from.path, 'path'), message: text(from.message, 'message') }
}

function startFrom(value: unknown): Start {
  if (typeof value === 'string') return oneOf(value, ['start', 'end', 'committed'] as const, 'start')
  const from = record(value, 'start')
  return from.offset !== undefined
    ? { offset: whole(from.offset, 'offset') }
    : { time: amount(from.time, 'time') }
}

function bufferFrom(value: unknown): NonNullable<ConsumeRequest['buffer']> {
  const from = record(value, 'buffer')
  return {
    messages: whole(from.messages, 'messages'),
    overflow: oneOf(from.overflow, ['block', 'drop-oldest', 'disconnect'], 'overflow'),
  }
}

/** Offset at which a reader begins, if the OK to its CONSUME says it. */
export function placeIn(answer: unknown): number | undefined {
  return typeof answer === 'object' && answer !== null && 'next' in answer && typeof answer.next === 'number'
    ? answer.next
    : undefined
}
