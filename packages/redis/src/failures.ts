/** Errors of the client library and the server as errors of the bus. */

import { BusError, type BusErrorCode, type SendOutcome } from 'busbar/transport'
import { ErrorReply } from 'redis'

/** The server's own words begin with one of these. */
const codes: readonly (readonly [RegExp, BusErrorCode])[] = [
  [/^(WRONGPASS|NOAUTH)|invalid password|AUTH failed|without any password configured/, 'AUTH_FAILED'],
  [
    /NOPERM|ACL failure|No permissions|can't access at least one of the keys|can't run this command/,
    'PERMISSION_DENIED',
  ],
  [/OOM command not allowed/, 'STORE_FULL'],
  [/MISCONF/, 'STORE_FAILED'],
]

/** Worth trying again on this link: the server has just started. */
export function isLoading(error: unknown): boolean {
  return error instanceof ErrorReply && /^(LOADING|BUSY) /.test(error.message)
}

export function isMissingScript(error: unknown): boolean {
  return error instanceof ErrorReply && error.message.startsWith('NOSCRIPT')
}

/** The link failed, not the command: whether the server saw it is not known. */
export function isOfLink(error: unknown): boolean {
  return !(error instanceof ErrorReply)
}

/** What the server refused; nothing of it was done. */
export function refusal(error: unknown, outcome: SendOutcome = 'rejected'): BusError {
  const text = error instanceof Error ? error.message : String(error)
  const code = codes.find(([words]) => words.test(text))?.[1] ?? 'INTERNAL'
  // Scripts end their errors with their own position.
  const words = text.replace(/\s+script: [0-9a-f]{40}.*$/s, '').replace(/\.$/, '')
  return new BusError(code, `Redis refused: ${words}.`, { outcome, cause: error })
}

/** Why there was no first connection; what answers in words that no Redis has is none. */
export function unreachable(place: string, error: unknown): BusError {
  const refused = isOfLink(error) ? undefined : refusal(error)
  if (refused !== undefined && refused.code !== 'INTERNAL') return refused
  const why = error instanceof Error && error.message !== '' ? error.message : codeOf(error)
  return new BusError('UNREACHABLE', `Redis at ${place} could not be reached: ${why}.`, { cause: error })
}

/** Several addresses of one name fail with an error that has a code and no message. */
function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'no answer'
}

export function closed(): BusError {
  return new BusError('CLOSED', 'The transport "redis" was closed.', { outcome: 'rejected' })
}

export function cancelled(what: string, outcome: SendOutcome, signal: AbortSignal): BusError {
  return new BusError('CANCELLED', `${what} was given up by its caller.`, { outcome, cause: signal.reason })
}
