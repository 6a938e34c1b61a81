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
/** No value is counted with more than so many times its true size, so that a larger count is proof of too much. */
const slack = 25

/** Counts below 0 say that there is none, and why. */
const unencodable = -1
const tooLarge = -2

/**
 * Refuses with UNENCODABLE what JSON has no equal form for (NaN, infinities, -0, BigInt, Date, Map, functions, class
 * instances, holes), with DEPTH_EXCEEDED what nests deeper than 64 levels (cycles do), and with TOO_LARGE what is
 * certain to exceed `maxBytes`; whoever gets `bytes` above `maxBytes` must encode to know. Undefined members pass.
 */
export function inspectValue(value: unknown, topic: string, maxBytes = Number.MAX_SAFE_INTEGER): Inspection {
  const found: Inspection = { bytes: 0, exact: true }
  found.bytes = value === undefined ? unencodable : count(value, maxDepth, found, maxBytes * slack)
  if (found.bytes < 0) refuse(value, topic, found.bytes, maxBytes)
  return found
}

/** Bytes of a value, undefined included; a failure ends the walk at once, so that no cycle is walked twice. */
function count(value: unknown, levels: number, found: Inspection, limit: number): number {
  if (typeof value === 'string') return value.length * unitBytes + 3
  if (typeof value === 'number') return isEncodable(value) ? numberBytes : unencodable
  if (typeof value === 'object' && value !== null) {
    return levels === 0 ? unencodable : countInside(value, levels - 1, found, limit)
  }
  if (value === null || typeof value === 'boolean') return 6
  if (value !== undefined) return unencodable
  found.exact = false
  return 0
}

function countInside(value: object, levels: number, found: Inspection, limit: number): number {
  let bytes = 3
  if (Array.isArray(value)) {
    if (!isPlainArray(value)) return unencodable
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index]
      const inside = item === undefined ? unencodable : count(item, levels, found, limit)
      if (inside < 0) return inside
      bytes += inside
    }
    return bytes > limit ? tooLarge : bytes
  }
  if (!isPlainObject(value)) return unencodable
  for (const key in value) {
    const inside = count((value as Readonly<Record<string, unknown>>)[key], levels, found, limit)
    if (inside < 0) return inside
    bytes += inside + key.length * unitBytes + 3
    // Values that occur in many places make a small graph into a huge tree.
    if (bytes > limit) return tooLarge
  }
  return bytes
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
function refuse(value: unknown, topic: string, problem: number, maxBytes: number): never {
  const details = { topic }
  if (problem === tooLarge) {
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
