/** One fast look at a payload before any schema sees it: depth, size, and whether JSON would bring it back equal. */

import { BusError } from '../errors.js'

/** The deepest nesting of a payload; the payload itself is level 1. */
export const maxDepth = 64

/** What is known of a value that passed. */
export interface Inspection {
  /** Upper bound of its JSON length in UTF-8 bytes. */
  bytes: number
  /** False when members are undefined, which JSON leaves out: then only its JSON form is what others will see. */
  exact: boolean
}

/** The longest number in JSON is 24 characters; with the comma that follows. */
const numberBytes = 25
/** A UTF-16 unit takes at most `\u0000`. */
const unitBytes = 6
/** No value takes more than so many times its true size in the count below, so that a larger count proves too much. */
const slack = 25

/**
 * Refuses with UNENCODABLE what JSON has no equal form for (NaN, infinities, -0, BigInt, Date, Map, functions, class
 * instances, holes), with DEPTH_EXCEEDED what nests deeper than 64 levels (cycles do), and with TOO_LARGE what is
 * certain to exceed `maxBytes`; whoever gets `bytes` above `maxBytes` must encode to know. Undefined members pass.
 */
export function inspectValue(value: unknown, topic: string, maxBytes = Number.MAX_SAFE_INTEGER): Inspection {
  const found: Inspection = { bytes: 0, exact: true }
  if (!walk(value, maxDepth, found, maxBytes * slack)) refuse(value, topic, found, maxBytes)
  return found
}

/** Adds to `found`; false at the first thing that is wrong, whose place the slow path finds. */
function walk(value: unknown, levels: number, found: Inspection, limit: number): boolean {
  if (typeof value === 'string') {
    found.bytes += value.length * unitBytes + 3
    return true
  }
  if (typeof value === 'number') {
    found.bytes += numberBytes
    return isEncodable(value)
  }
  if (typeof value === 'boolean' || value === null) {
    found.bytes += 6
    return true
  }
  if (typeof value !== 'object' || levels === 0 || found.bytes > limit) return false
  found.bytes += 3
  if (Array.isArray(value)) {
    if (!isPlainArray(value)) return false
    for (let index = 0; index < value.length; index++) {
      if (!walk(value[index], levels - 1, found, limit)) return false
    }
    return true
  }
  if (!isPlainObject(value)) return false
  for (const key in value) {
    const member = (value as Readonly<Record<string, unknown>>)[key]
    if (member === undefined) {
      found.exact = false
      continue
    }
    found.bytes += key.length * unitBytes + 3
    if (!walk(member, levels - 1, found, limit)) return false
  }
  return true
}

function isEncodable(value: number): boolean {
  // Only NaN and the infinities differ from themselves by something else than 0; only -0 has a negative inverse.
  return value - value === 0 && (value !== 0 || 1 / value > 0)
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  // Object.prototype of another realm: a frame or a vm context.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(Object(prototype), 'isPrototypeOf')
}

function isPlainArray(value: readonly unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Array.prototype) return true
  // One step above the array's own prototype is Object.prototype, also in another realm; a subclass has one more.
  return prototype !== null && isPlainObject(Object(prototype)) && Array.isArray(prototype)
}

/** Walks the same way again to name the place and the reason. */
function refuse(value: unknown, topic: string, found: Inspection, maxBytes: number): never {
  const details = { topic }
  if (found.bytes > maxBytes * slack) {
    throw new BusError('TOO_LARGE', `A payload of ${topic} is larger than ${maxBytes} bytes.`, {
      details: { ...details, maxBytes },
      outcome: 'rejected',
    })
  }
  const path: string[] = []
  const reason = explain(value, maxDepth, path)
  const place = path.length === 0 ? 'the payload' : JSON.stringify(shorten(path))
  if (reason === 'deep') {
    throw new BusError(
      'DEPTH_EXCEEDED',
      `A payload of ${topic} nests deeper than ${maxDepth} levels at ${place}.`,
      {
        details,
        outcome: 'rejected',
      },
    )
  }
  throw new BusError(
    'UNENCODABLE',
    `A payload of ${topic} has ${reason ?? 'a changing value'} at ${place}.`,
    {
      details: { ...details, path: shorten(path) },
      outcome: 'rejected',
    },
  )
}

const shorten = (path: readonly string[]): string =>
  path.length > 8 ? `${path.slice(0, 8).join('.').slice(0, 200)}...` : path.join('.').slice(0, 200)

/** The first reason along the same way, with `path` leading to it; undefined when there is none. */
function explain(value: unknown, levels: number, path: string[]): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return undefined
  if (typeof value === 'number')
    return isEncodable(value) ? undefined : Object.is(value, -0) ? '-0' : String(value)
  if (typeof value !== 'object') return value === undefined ? 'undefined' : `a ${typeof value}`
  if (levels === 0) return 'deep'
  const isArray = Array.isArray(value)
  if (isArray ? !isPlainArray(value) : !isPlainObject(value)) return `an instance of ${className(value)}`
  for (const key of isArray ? value.keys() : Object.keys(value)) {
    // Of an array every index counts, also the ones it has no element at.
    const member = (value as Readonly<Record<PropertyKey, unknown>>)[key]
    if (member === undefined && !isArray) continue
    path.push(String(key))
    const reason = explain(member, levels - 1, path)
    if (reason !== undefined) return reason
    path.pop()
  }
  return undefined
}

function className(value: object): string {
  const made: unknown = value.constructor
  return typeof made === 'function' && made.name !== '' ? made.name : 'an unnamed class'
}
