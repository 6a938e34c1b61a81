/** Runs a schema so that nothing it does can hurt: throws, rejections and promises that never settle count as invalid. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Clock } from '../clock.js'
import type { Issue } from '../outcome.js'
import type { MaybePromise } from '../transport.js'
import type { Wire } from '../wire-schema.js'
import { issuesOf } from './issues.js'

/** The schema's output, or what is wrong with the value. */
export type Validated =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] }

/** How long an asynchronous schema may take, in ms. */
const validationLimitMs = 5_000

/**
 * Validates one value. Gives a promise only where the schema does. At most 20 issues of 8 KiB in all, never with
 * payload values. An asynchronous schema has `limitMs` (default 5,000) to finish, then the value is invalid.
 */
export function validate(
  wire: Wire,
  value: unknown,
  clock: Clock,
  limitMs = validationLimitMs,
): MaybePromise<Validated> {
  let result: MaybePromise<StandardSchemaV1.Result<unknown>>
  try {
    const copy = wire.compiled?.inbound()?.copy(value, 0)
    if (copy !== undefined) return { value: copy }
    result = wire.schema['~standard'].validate(value)
  } catch {
    // The error is left out: whatever threw may have put the payload into its message.
    return thrown
  }
  if (result instanceof Promise) return settleInTime(wire, result, clock, limitMs)
  return result.issues === undefined ? result : { issues: issuesOf(wire.schema, result.issues) }
}

const failed = (message: string): Validated =>
  Object.freeze({ issues: Object.freeze([{ path: '', message }]) })
const thrown = failed('The schema threw while it validated the payload')

function settleInTime(
  { schema }: Wire,
  pending: Promise<StandardSchemaV1.Result<unknown>>,
  clock: Clock,
  limitMs: number,
): Promise<Validated> {
  return new Promise((resolve) => {
    const late = failed(`The schema did not finish within ${limitMs} ms`)
    const timer = clock.after(limitMs, () => resolve(late), { keepAlive: true })
    const finish = (validated: Validated): void => {
      timer.cancel()
      resolve(validated)
    }
    pending.then(
      (result) => finish(result.issues === undefined ? result : { issues: issuesOf(schema, result.issues) }),
      () => finish(thrown),
    )
  })
}
