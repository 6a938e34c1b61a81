/** What a caller is told when its request or pair ended badly: the reason of the wire in the words of the caller. */

import type { SendOutcome } from '../error-table.js'
import { BusError } from '../errors.js'
import type { Closed } from '../transport.js'
import type { KnownTopic } from './known-topics.js'
import type { Refusal } from './payload.js'

/** Nobody has seen the message when an exchange ends with one of these. */
const unseen: ReadonlySet<string> = new Set([
  'NO_RESPONDER',
  'PAIR_TAKEN',
  'QUEUE_FULL',
  'CLOSED',
  'PERMISSION_DENIED',
  'INVALID_TOPIC',
  'TOO_LARGE',
  'UNSUPPORTED',
])
const answered: ReadonlySet<string> = new Set([
  'REMOTE_ERROR',
  'SCHEMA_INVALID',
  'UNENCODABLE',
  'DEPTH_EXCEEDED',
])
const maxRemoteText = 1_024
/** What the wire says of these is what the caller's own sentence says. */
const echoes: ReadonlySet<string> = new Set(['NO_RESPONDER', 'TIMEOUT'])

/** Messages of errors often lack the full stop that keeps them apart from the advice after them. */
const ended = (text: string): string => (/[^.!?\s]$/.test(text) ? `${text}.` : text)

/** The error of an exchange that ended with `closed`. */
export function callError({ channel }: KnownTopic, closed: Closed, timeoutMs: number | undefined): BusError {
  const code = closed.code === 'DONE' ? 'REMOTE_ERROR' : closed.code
  const said = echoes.has(code) ? '' : ended((closed.message ?? '').slice(0, maxRemoteText))
  const outcome: SendOutcome | undefined = answered.has(code)
    ? undefined
    : unseen.has(code)
      ? 'rejected'
      : 'unknown'
  return new BusError(code, `${textOf(channel.name, closed, timeoutMs)} ${said}`.trimEnd(), {
    details: { topic: channel.name, ...(answered.has(code) ? { remote: true } : {}) },
    ...(outcome === undefined ? {} : { outcome }),
  })
}

function textOf(name: string, { code }: Closed, timeoutMs: number | undefined): string {
  switch (code) {
    case 'DONE':
      return `The responder of "${name}" ended without a reply.`
    case 'TIMEOUT':
      return `"${name}" was not answered within ${timeoutMs} ms.`
    case 'NO_RESPONDER':
      return `Nobody serves "${name}".`
    case 'REMOTE_ERROR':
      return `The responder of "${name}" failed:`
    case 'SCHEMA_INVALID':
      return `The responder of "${name}" and this caller disagree about its schemas:`
    case 'DISCONNECTED':
      return `The connection broke while "${name}" was in flight.`
    case 'CANCELLED':
      return `"${name}" was cancelled.`
    case 'PAIR_TAKEN':
      return `The other side of "${name}" is taken.`
    case 'PEER_GONE':
      return `The other side of "${name}" went away.`
    case 'PAIR_RESET':
      return `"${name}" was away for too long.`
    default:
      return `"${name}" ended early.`
  }
}

/** What one side tells the other about a payload that it could not take. */
export function closedByRefusal(what: string, { message }: Refusal): Closed {
  return { code: 'SCHEMA_INVALID', message: `${what} was refused: ${message}` }
}
