/** What the client and the server say, in the words of the bus. */

import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import { BusError, type BusErrorCode, isBusError, type SendOutcome } from 'busbar/transport'

/** Why the first connection failed: AUTH_FAILED or UNREACHABLE. */
export function connectError(servers: readonly string[], cause: unknown): BusError {
  const where = servers.join(', ')
  if (isAuth(cause)) {
    return new BusError('AUTH_FAILED', `NATS at ${where} refused the credentials.`, { cause })
  }
  return new BusError('UNREACHABLE', `NATS at ${where} could not be reached: ${reasonOf(cause)}.`, { cause })
}

export function isAuth(cause: unknown): boolean {
  return cause instanceof errors.AuthorizationError || cause instanceof errors.UserAuthenticationExpiredError
}

/** One line, without a stop at its end. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'the connection was closed'
  const inner = cause.cause instanceof Error ? cause.cause.message : ''
  const text = cause.message !== '' ? cause.message : inner
  return (text === '' ? cause.name : text).split('\n')[0]?.replace(/\.$/, '') ?? cause.name
}

/** What an operation of the JetStream API failed with. */
export function apiError(what: string, cause: unknown, outcome?: SendOutcome): BusError {
  if (isBusError(cause)) return cause
  const options = { cause, ...(outcome !== undefined && { outcome }) }
  if (cause instanceof JetStreamApiError) {
    return serverError(
      what,
      { err_code: cause.code, code: cause.status, description: cause.message },
      options,
    )
  }
  if (
    cause instanceof errors.PermissionViolationError ||
    causeOf(cause) instanceof errors.PermissionViolationError
  ) {
    return new BusError('PERMISSION_DENIED', `${what} is not allowed: ${reasonOf(cause)}.`, options)
  }
  if (isNoResponders(cause)) {
    return new BusError(
      'UNSUPPORTED',
      `${what} needs JetStream, which this server or account does not have.`,
      options,
    )
  }
  if (cause instanceof errors.TimeoutError || causeOf(cause) instanceof errors.TimeoutError) {
    return new BusError('TIMEOUT', `${what}: the server did not answer in time.`, options)
  }
  return new BusError('DISCONNECTED', `${what} failed: ${reasonOf(cause)}.`, options)
}

interface ServerError {
  readonly err_code?: number
  readonly code?: number
  readonly description?: string
}

/** Numbers as JetStream gives them. */
const codes: Readonly<Record<number, BusErrorCode>> = {
  10054: 'TOO_LARGE',
  10077: 'QUEUE_FULL',
  10023: 'STORE_FULL',
  10028: 'STORE_FULL',
  10047: 'STORE_FULL',
  10014: 'NOT_FOUND',
  10059: 'NOT_FOUND',
  10039: 'UNSUPPORTED',
  10076: 'UNSUPPORTED',
}

export function serverError(
  what: string,
  error: ServerError,
  options: { readonly cause?: unknown; readonly outcome?: SendOutcome } = {},
): BusError {
  const { err_code = 0, description = 'no reason given' } = error
  const code = codes[err_code] ?? 'STORE_FAILED'
  return new BusError(code, `${what} was refused by NATS: ${description} (${err_code}).`, {
    ...options,
    details: { natsCode: err_code },
  })
}

function isNoResponders(cause: unknown): boolean {
  return cause instanceof errors.NoRespondersError || causeOf(cause) instanceof errors.NoRespondersError
}

function causeOf(cause: unknown): unknown {
  return cause instanceof Error ? cause.cause : undefined
}

export const closed = (outcome: SendOutcome = 'rejected'): BusError =>
  new BusError('CLOSED', 'The link to NATS was closed.', { outcome })

export const away = (outcome: SendOutcome): BusError =>
  new BusError('DISCONNECTED', 'The connection to NATS broke before the answer came.', { outcome })

/** What the client throws when it is given something to send. */
export function sendError(cause: unknown): BusError {
  if (isBusError(cause)) return cause
  return new BusError('TOO_LARGE', 'The message and its headers are larger than the server allows.', {
    outcome: 'rejected',
    cause,
  })
}

export const queueFull = (maxWaiting: number): BusError =>
  new BusError('QUEUE_FULL', `${maxWaiting} publishes (maxWaiting) wait for NATS already.`, {
    outcome: 'rejected',
  })

/** CANCELLED for a caller that gave up before anything was done. */
export function checkSignal(signal: AbortSignal): void {
  if (!signal.aborted) return
  throw new BusError('CANCELLED', 'The caller gave up.', { outcome: 'rejected', cause: signal.reason })
}

const missing = new Set([10_014, 10_037, 10_059])

/** The server has no such stream, consumer or message. */
export const isMissing = (cause: unknown): boolean =>
  cause instanceof JetStreamApiError && missing.has(cause.code)

/** True where nobody answers for JetStream: nothing can be kept there, and nothing is in the way. */
export const hasNoJetStream = (cause: unknown): boolean =>
  isNoResponders(cause) || (cause instanceof JetStreamApiError && cause.code === 10_039)
