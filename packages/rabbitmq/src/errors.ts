/** Failures of the client and the broker in the words of the bus. */

import { BusError, type BusErrorCode, isBusError, type SendOutcome } from 'busbar/transport'

/** The code that the client gave: a reply of the broker such as `NOT_FOUND`, or one of the system. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

const codes: Readonly<Record<string, BusErrorCode>> = {
  ACCESS_REFUSED: 'PERMISSION_DENIED',
  NOT_ALLOWED: 'PERMISSION_DENIED',
  NOT_FOUND: 'NOT_FOUND',
  PRECONDITION_FAILED: 'CONTRACT_MISMATCH',
  NACK: 'QUEUE_FULL',
}

const replies = new Set(['RESOURCE_LOCKED', ...Object.keys(codes)])

/** What the broker says of a queue while it finds its node or leader after a restart. */
const isComing = (error: unknown): boolean => / is down or inaccessible/.test(textOf(error))

/** Whether the broker has understood and refused; everything else is a connection that broke, or a queue to come. */
export const isReply = (error: unknown): boolean =>
  isBusError(error) || (replies.has(codeOf(error)) && !isComing(error))

/** What went wrong in an operation on the broker; what is no reply of the broker is a lost connection. */
export function toBusError(error: unknown, what: string, outcome?: SendOutcome): BusError {
  if (isBusError(error)) return error
  const text = textOf(error)
  const code = isTooLarge(text) ? 'TOO_LARGE' : (codes[codeOf(error)] ?? 'DISCONNECTED')
  return new BusError(code, `${what}: ${text}.`, { cause: error, ...(outcome !== undefined && { outcome }) })
}

const isTooLarge = (text: string): boolean => /message size \d+ .*larger than/.test(text)

/** Without the name of the method, which the client puts before it, and the code, which the broker puts twice. */
export function textOf(error: unknown): string {
  const text = error instanceof Error && error.message !== '' ? error.message : codeOf(error) || String(error)
  return text.replace(/^[A-Za-z]+: /, '').replace(/\.$/, '')
}

export const cancelled = (what: string, outcome: SendOutcome = 'rejected'): BusError =>
  new BusError('CANCELLED', `${what} was given up by its caller.`, { outcome })

export const closedError = (): BusError =>
  new BusError('CLOSED', 'The RabbitMQ transport was closed.', { outcome: 'rejected' })

export const awayError = (what: string, outcome: SendOutcome): BusError =>
  new BusError('DISCONNECTED', `The connection to RabbitMQ broke ${what}.`, { outcome })
