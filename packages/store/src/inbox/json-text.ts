/** Values as JSON text: what would not come back equal is refused. */

import { BusError } from 'busbar/transport'

/** What JSON brings back as it was. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [member: string]: Json | undefined }

const maxDepth = 64

/** UNENCODABLE for what has no equal form, DEPTH_EXCEEDED for what nests deeper than 64 levels, as cycles do. */
export function jsonText(key: string, value: Json): string {
  checkEqual(key, value, maxDepth)
  return JSON.stringify(value)
}

function checkEqual(key: string, value: unknown, levels: number): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Object.is(value, -0))
      throw unencodable(key, Object.is(value, -0) ? '-0' : String(value))
    return
  }
  if (typeof value !== 'object')
    throw unencodable(key, value === undefined ? 'undefined' : `a ${typeof value}`)
  if (levels === 0)
    throw new BusError('DEPTH_EXCEEDED', `The value of "${key}" nests deeper than ${maxDepth} levels.`, {
      details: { key },
    })
  if (Array.isArray(value)) {
    // By index, as a hole would come back as null.
    for (let index = 0; index < value.length; index++) checkEqual(key, value[index], levels - 1)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw unencodable(key, 'an object that is not plain')
  for (const member of Object.values(value)) if (member !== undefined) checkEqual(key, member, levels - 1)
}

function unencodable(key: string, what: string): BusError {
  return new BusError('UNENCODABLE', `The value of "${key}" has ${what}.`, { details: { key } })
}
