/** What handlers of the workload do with a message: mostly their work, at times too late, wrongly or not at all. */

import { type Context, isBusError, type Settlement } from 'busbar'
import { hashOf, type Payload } from './payload.js'
import type { WorkloadHost } from './workload-host.js'

/** Where a consumer stands. */
export interface Place {
  readonly topic: string
  readonly group?: string
}

type Outcome = 'done' | 'drop' | 'retry' | 'throw' | 'reject'

/** What a handler is allowed to do: `steady` ones do their work at once. */
export type Mood = 'moody' | 'steady'

/** Writes down a delivery, its outcome, and whether its claim was lost before. */
export async function handle(
  host: WorkloadHost,
  process: string,
  place: Place,
  mood: Mood,
  payload: Payload,
  ctx: Context,
  offset?: number,
): Promise<Settlement | undefined> {
  const n = host.nextDelivery()
  const { id, attempt, signal } = ctx
  const at = offset === undefined ? {} : { offset }
  const seen = { n, id, value: payload.value, hash: hashOf(payload), attempt }
  host.write(process, { op: 'deliver', ...place, ...seen, ...at })
  if (offset !== undefined) noteOffset(host, place.group ?? process, offset)
  const onAbort = (): void => {
    // A bus that closes aborts too, but what is said until it has closed may still be heard.
    if (isBusError(signal.reason, 'LEASE_LOST')) host.write(process, { op: 'lost', n })
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  const outcome = mood === 'steady' || host.isCalm ? 'done' : chosen(host)
  // Even the quickest handler is overtaken by others.
  await undefined
  if (mood === 'moody' && host.chance(0.05)) await host.pause(host.below(host.isCalm ? 5 : 40))
  signal.removeEventListener('abort', onAbort)
  host.write(process, { op: 'settle', n, outcome: outcome === 'throw' ? 'retry' : outcome })
  return settlementOf(outcome, ctx)
}

function chosen(host: WorkloadHost): Outcome {
  const dice = host.options.random()
  if (dice < 0.9) return 'done'
  if (dice < 0.94) return 'throw'
  if (dice < 0.98) return 'retry'
  return dice < 0.99 ? 'reject' : 'drop'
}

function settlementOf(outcome: Outcome, ctx: Context): Settlement | undefined {
  if (outcome === 'throw') throw new Error('The handler throws on purpose.')
  if (outcome === 'retry') return ctx.retry({ afterMs: 5 })
  if (outcome === 'reject') return ctx.reject('on purpose')
  return outcome === 'drop' ? ctx.drop() : undefined
}

export function noteOffset({ offsets }: WorkloadHost, reader: string, offset: number): void {
  offsets.set(reader, Math.max(offsets.get(reader) ?? -1, offset))
}
