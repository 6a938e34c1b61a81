/** What a broker said, in the words of the bus. */

import { BusError, type BusErrorCode, isBusError, type SendOutcome } from 'busbar/transport'

const codes: Readonly<Record<string, BusErrorCode>> = {
  'amqp:unauthorized-access': 'PERMISSION_DENIED',
  'amqp:not-found': 'NOT_FOUND',
  'amqp:resource-limit-exceeded': 'QUEUE_FULL',
  'amqp:link:message-size-exceeded': 'TOO_LARGE',
  'amqp:frame-size-too-small': 'TOO_LARGE',
  'amqp:precondition-failed': 'CONTRACT_MISMATCH',
  'amqp:resource-deleted': 'NOT_FOUND',
  'amqp:invalid-field': 'INVALID_OPTION',
  'amqp:not-implemented': 'UNSUPPORTED',
}

/** An error as AMQP carries it. */
export interface Condition {
  readonly condition?: string
  readonly description?: string
}

/** An error out of a link, a connection or an outcome; other conditions become `otherwise`. */
export function errorOf(
  error: unknown,
  what: string,
  outcome: SendOutcome,
  otherwise: BusErrorCode = 'DISCONNECTED',
): BusError {
  if (isBusError(error)) return error
  const { condition = '', description = '' } = conditionOf(error)
  // Artemis has one condition for all that its security refuses, and tells the reason in words.
  const isDenied = /security|permission|not authorized|AMQ229032|AMQ229213/i.test(description)
  const isMissing = /AMQ119002|AMQ229017|AMQ229203|does not exist/i.test(description)
  const told = isMissing ? 'NOT_FOUND' : (codes[condition] ?? otherwise)
  const code = isDenied ? 'PERMISSION_DENIED' : told
  const said = [condition, description].filter((part) => part !== '').join(': ')
  return new BusError(code, `${what} was refused by the broker${said === '' ? '' : ` (${said})`}.`, {
    outcome,
    cause: error,
  })
}

export function conditionOf(error: unknown): Condition {
  if (typeof error !== 'object' || error === null) return {}
  const { condition, description, message } = error as Record<string, unknown>
  const text = description ?? message
  return {
    ...(condition !== undefined && { condition: String(condition) }),
    ...(typeof text === 'string' && { description: text }),
  }
}

export function cancelled(what: string, outcome: SendOutcome, signal: AbortSignal): BusError {
  return new BusError('CANCELLED', `${what} was given up by its caller.`, { outcome, cause: signal.reason })
}

export function closed(outcome: SendOutcome = 'rejected'): BusError {
  return new BusError('CLOSED', 'The connection to the AMQP broker was closed.', { outcome })
}

export function away(outcome: SendOutcome, reason = 'the link to the broker broke'): BusError {
  return new BusError('DISCONNECTED', `The operation was in flight when ${reason}.`, { outcome })
}

/** What became of an operation when the connection ended for good. */
export function ended(reason: BusError, outcome: SendOutcome): BusError {
  return new BusError(reason.code, 'The connection to the AMQP broker has ended.', { outcome, cause: reason })
}
