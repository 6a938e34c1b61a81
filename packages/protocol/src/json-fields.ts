/** Takes fields out of JSON that a peer sent; whatever is missing or of another type is a PROTOCOL_ERROR. */

import { protocolError } from './protocol-error.js'

export type JsonRecord = Readonly<Record<string, unknown>>

export function record(value: unknown, what: string): JsonRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(what, 'an object')
  return value as JsonRecord
}

export function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw wrong(what, 'a text')
  return value
}

/** A number from 0 to 2^53 - 1, fractions allowed. */
export function amount(value: unknown, what: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
    throw wrong(what, 'a number that is not negative')
  }
  return value
}

export function whole(value: unknown, what: string): number {
  if (!Number.isInteger(amount(value, what))) throw wrong(what, 'a whole number')
  return value as number
}

export function flag(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw wrong(what, 'true or false')
  return value
}

export function oneOf<T extends string>(value: unknown, choices: readonly T[], what: string): T {
  const found = choices.find((choice) => choice === value)
  if (found === undefined) throw wrong(what, `one of ${choices.join(', ')}`)
  return found
}

export function list<T>(value: unknown, what: string, item: (value: unknown, what: string) => T): T[] {
  if (!Array.isArray(value)) throw wrong(what, 'a list')
  return value.map((each) => item(each, what))
}

/** A field that may be missing. */
export function maybe<T>(
  value: unknown,
  what: string,
  read: (value: unknown, what: string) => T,
): T | undefined {
  return value === undefined || value === null ? undefined : read(value, what)
}

const wrong = (what: string, wanted: string): Error => protocolError(`"${what}" is not ${wanted}`)
