/** Code that tests strings, numbers, booleans, null, literals and enums as zod does, or more strictly. */

import { type Code, notCovered } from './compile-code.js'
import { checksOf, internals, type ZodDef } from './zod-def.js'

/** A test of one variable, and the most bytes that a value which passes takes in JSON. */
export interface Scalar {
  readonly test: string
  readonly bytes: number | string
}

type Check = Readonly<Record<string, unknown>>

/** The longest number in JSON is 24 characters; with the comma that follows. */
const numberBytes = 25
const wordBytes = 6

/**
 * Formats that zod checks with the pattern of their definition and nothing else; ipv6, base64, jwt, urls and others
 * have functions of their own.
 */
const patternFormats = new Set(
  'regex guid uuid email nanoid cuid cuid2 ulid xid ksuid datetime date time duration ipv4 cidrv4 mac e164'.split(
    ' ',
  ),
)
/** zod counts code points; only where there are none of these are they as many as UTF-16 units. */
const highSurrogate = /[\ud800-\udbff]/

/** The test of `value` for a schema of scalars; undefined for other schemas. */
export function scalarTest(code: Code, schema: unknown, def: ZodDef, value: string): Scalar | undefined {
  switch (def.type) {
    case 'string':
      return { test: stringTest(code, def, value), bytes: stringBytes(value) }
    case 'number':
      return { test: numberTest(code, def, value), bytes: numberBytes }
    case 'boolean':
      return plainTest(def, `typeof ${value} === "boolean"`)
    case 'null':
      return plainTest(def, `${value} === null`)
    case 'literal':
    case 'enum':
      return oneOf(code, schema, def, value)
    default:
      return undefined
  }
}

/** A UTF-16 unit takes at most `\u0000`. */
const stringBytes = (value: string): string => `${value}.length * 6 + 3`

function plainTest(def: ZodDef, test: string): Scalar {
  requireNoChecks(def)
  return { test, bytes: wordBytes }
}

/** Refuses checks that nobody has written code for. */
export function requireNoChecks(def: ZodDef): void {
  if (checksOf(def).length > 0) notCovered(`a check on ${def.type}`)
}

/** zod's own order: a format such as z.uuid() is a check of itself, the checks added to it come after. */
function allChecks(def: ZodDef): readonly Check[] {
  return def.check === undefined ? checksOf(def) : [def, ...checksOf(def)]
}

function stringTest(code: Code, def: ZodDef, value: string): string {
  const tests = allChecks(def).map((check) => stringCheck(code, check, value))
  // A pattern may take long for a text that is too large anyway.
  const isShort = code.direction === 'outbound' ? [`${value}.length <= limit`] : []
  return [`typeof ${value} === "string"`, ...(tests.length > 0 ? isShort : []), ...tests].join(' && ')
}

function stringCheck(code: Code, check: Check, value: string): string {
  const noPairs = (): string => `!${code.ref(highSurrogate)}.test(${value})`
  switch (check.check) {
    case 'min_length': {
      const least = count(check.minimum)
      if (least <= 1) return `${value}.length >= ${least}`
      // So many units have enough code points even if all come in pairs.
      return `(${value}.length >= ${2 * least - 1} || ${value}.length >= ${least} && ${noPairs()})`
    }
    case 'max_length':
      return `${value}.length <= ${count(check.maximum)}`
    case 'length_equals':
      return `${value}.length === ${count(check.length)} && ${noPairs()}`
    case 'string_format':
      return `${code.ref(patternOf(check))}.test(${value})`
    default:
      return notCovered(`the check ${String(check.check)} on a string`)
  }
}

function patternOf({ format, pattern, fn }: Check): RegExp {
  if (typeof format !== 'string' || !patternFormats.has(format) || fn !== undefined)
    return notCovered(`the format ${String(format)}`)
  // A pattern with a memory answers differently each time.
  if (!(pattern instanceof RegExp) || pattern.global || pattern.sticky)
    return notCovered('a stateful pattern')
  return pattern
}

function numberTest(code: Code, def: ZodDef, value: string): string {
  const checks = allChecks(def)
  const tests = checks.map((check) => numberCheck(check, value))
  // -0 becomes 0 in JSON.
  if (code.direction === 'outbound' && !checks.some(excludesZero))
    tests.push(`(${value} !== 0 || 1 / ${value} > 0)`)
  // Only NaN and the infinities differ from themselves by something else than 0.
  return [`typeof ${value} === "number"`, `${value} - ${value} === 0`, ...tests].join(' && ')
}

const excludesZero = ({ check, value, inclusive }: Check): boolean =>
  check === 'greater_than' && typeof value === 'number' && (value > 0 || (value === 0 && inclusive !== true))

function numberCheck(check: Check, value: string): string {
  switch (check.check) {
    case 'less_than':
      return `${value} ${check.inclusive === true ? '<=' : '<'} ${finite(check.value)}`
    case 'greater_than':
      return `${value} ${check.inclusive === true ? '>=' : '>'} ${finite(check.value)}`
    case 'number_format':
      return formatTest(check.format, value)
    default:
      return notCovered(`the check ${String(check.check)} on a number`)
  }
}

function formatTest(format: unknown, value: string): string {
  switch (format) {
    case 'safeint':
      return `Number.isSafeInteger(${value})`
    case 'int32':
      return `${value} === (${value} | 0)`
    case 'uint32':
      return `${value} === (${value} >>> 0)`
    default:
      return notCovered(`the number format ${String(format)}`)
  }
}

/** A number that may stand in code. */
function finite(value: unknown): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return notCovered('a limit that is no number')
  return `(${value})`
}

/** A length that may stand in code. */
export function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : notCovered('a length that is no integer')
}

/** More than this are looked up. */
const compared = 8

function oneOf(code: Code, schema: unknown, def: ZodDef, value: string): Scalar {
  requireNoChecks(def)
  const values = internals(schema)?.values
  if (!(values instanceof Set) || values.size === 0) return notCovered(`${def.type} without values`)
  const all = [...values]
  const test =
    all.length > compared && !all.includes(0)
      ? `${code.ref(new Set(all.map(comparable)))}.has(${value})`
      : all.map((one) => equals(code, one, value)).join(' || ')
  const longest = Math.max(...all.map((one) => String(one).length))
  return { test: `(${test})`, bytes: longest * 6 + 3 }
}

function comparable(one: unknown): unknown {
  if (one === null || ['string', 'boolean'].includes(typeof one)) return one
  return typeof one === 'number' && Number.isFinite(one) ? one : notCovered('a literal JSON does not have')
}

/** `value` is exactly `one`, which JSON has: so of the zeros only the positive one. */
export function equals(code: Code, one: unknown, value: string): string {
  return comparable(one) === 0 ? `Object.is(${value}, 0)` : `${value} === ${code.ref(one)}`
}
