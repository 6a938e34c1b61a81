/** How an operation ends that its caller gave up. */

import { BusError, type SendOutcome } from 'busbar/transport'

export function cancelled(what: string, outcome: SendOutcome, signal: AbortSignal): BusError {
  return new BusError('CANCELLED', `${what} was given up by its caller.`, { outcome, cause: signal.reason })
}
