/** What a handler may return to decide the fate of its message; without effect unless it is returned. */

import { type Settlement, settles } from '../context.js'
import { BusError } from '../errors.js'

/** What a settlement says. */
export type Verdict =
  | { readonly kind: 'retry'; readonly afterMs: number | undefined; readonly reason: string | undefined }
  | { readonly kind: 'reject'; readonly reason: string }
  | { readonly kind: 'drop' }
  | { readonly kind: 'fail'; readonly name: string; readonly data: unknown }

class Settled implements Settlement {
  readonly [settles] = true
  constructor(readonly verdict: Verdict) {}
}

export const dropped: Settlement = new Settled({ kind: 'drop' })

export function retrying(options: { readonly afterMs?: number; readonly reason?: string } = {}): Settlement {
  const { afterMs, reason } = options
  if (afterMs !== undefined && !(Number.isFinite(afterMs) && afterMs >= 0)) {
    throw new BusError('INVALID_OPTION', `ctx.retry was given afterMs: ${String(afterMs)}, which is no time.`)
  }
  return new Settled({ kind: 'retry', afterMs, reason })
}

export const rejected = (reason: string): Settlement => new Settled({ kind: 'reject', reason })

export const failing = (name: string, data: unknown): Settlement => new Settled({ kind: 'fail', name, data })

/** True for what a context's retry, reject, drop and fail give: for those who wrap handlers. */
export const isSettlement = (result: unknown): result is Settlement => result instanceof Settled

/** The verdict in a handler's result, if there is one. */
export function verdictOf(result: unknown): Verdict | undefined {
  return result instanceof Settled ? result.verdict : undefined
}
