/** The errors of this wire. */

import { BusError, type SendOutcome } from 'busbar/transport'

export function closed(outcome: SendOutcome = 'rejected'): BusError {
  return new BusError('CLOSED', 'The transport "zeromq" was closed.', { outcome })
}

export function cancelled(what: string, signal: AbortSignal): BusError {
  return new BusError('CANCELLED', `${what} was given up by its caller.`, {
    outcome: 'rejected',
    cause: signal.reason,
  })
}

export function unsupported(what: string): BusError {
  return new BusError('UNSUPPORTED', `ZeroMQ keeps nothing, so it has no ${what}.`, { outcome: 'rejected' })
}

export function invalid(text: string): BusError {
  return new BusError('INVALID_OPTION', text)
}

/** The code that the system gives to an error; undefined when it has none. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
