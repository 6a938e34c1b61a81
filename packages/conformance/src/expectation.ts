/** What a case may demand; without a test runner, so that cases run anywhere. */

import { type BusError, type BusErrorCode, isBusError } from 'busbar/transport'
import { within } from './within.js'

/** Throws unless `holds`. */
export function expectThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Expected that ${what}.`)
}

/** Throws unless both are structurally equal. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (!same(actual, expected)) {
    throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}.`)
  }
}

/** Throws unless the promise rejects in time with a BusError of one of the codes; gives that error. */
export async function expectRefusal(
  attempt: () => unknown,
  codes: BusErrorCode | readonly BusErrorCode[],
  what: string,
): Promise<BusError> {
  const wanted = typeof codes === 'string' ? [codes] : codes
  const error = await rejectionOf(attempt, what)
  if (!isBusError(error) || !wanted.includes(error.code)) {
    throw new Error(`${what}: expected ${wanted.join(' or ')}, got ${show(error)}.`, { cause: error })
  }
  return error
}

/** Gives what the attempt throws or rejects with; throws when it succeeds. */
export async function rejectionOf(attempt: () => unknown, what: string): Promise<unknown> {
  const settled = Promise.resolve()
    .then(attempt)
    .then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
  const result = await within(settled, what)
  if ('error' in result) return result.error
  throw new Error(`${what}: expected a refusal, got ${show(result.value)}.`)
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = Object.entries(a)
  const right = new Map(Object.entries(b))
  return (
    left.length === right.size && left.every(([key, value]) => right.has(key) && same(value, right.get(key)))
  )
}

function show(value: unknown): string {
  if (value instanceof Error) return String(value)
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 400 ? `${text.slice(0, 400)}…` : text
}
