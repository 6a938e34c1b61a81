/** Proves that a zod schema's output is a fresh plain copy of the declared part of its input. */

import { checksOf, inputChildren, internals, type ZodDef, zodDef } from './zod-def.js'

/** Types that give back the value itself, if they do not coerce. */
const scalars = new Set([
  'string',
  'number',
  'boolean',
  'null',
  'literal',
  'enum',
  'template_literal',
  'never',
])
/** Types whose output is built from the outputs of their children and nothing else. */
const built = new Set([
  'object',
  'array',
  'tuple',
  'record',
  'union',
  'optional',
  'nullable',
  'lazy',
  'readonly',
])
/** Checks that look at a value and cannot replace it. */
const looking = new Set([
  'less_than',
  'greater_than',
  'multiple_of',
  'number_format',
  'min_length',
  'max_length',
  'length_equals',
  'string_format',
])
/** zod trims URLs. */
const changingFormats = new Set(['url', 'httpurl'])

/** True only where it is certain; for schemas of other libraries always false. */
export function isPlainZod(schema: unknown): boolean {
  return isPlain(schema, new Set())
}

function isPlain(schema: unknown, seen: Set<unknown>): boolean {
  const def = zodDef(schema)
  if (def === undefined) return false
  // Recursion comes back to a schema that is being judged: it is plain if all the rest of it is.
  if (seen.has(schema)) return true
  seen.add(schema)
  if (def.coerce === true || changesFormat(def) || !checksOf(def).every(isLooking)) return false
  if (scalars.has(def.type)) return true
  if (!built.has(def.type) || !isOrderly(def)) return false
  return inputChildren(def).every((child) => isPlain(child.schema, seen))
}

const changesFormat = (def: Readonly<Record<string, unknown>>): boolean =>
  typeof def.format === 'string' && changingFormats.has(def.format)

function isLooking(check: Readonly<Record<string, unknown>>): boolean {
  // A refinement only says yes or no; superRefine() and check() are given the payload and may replace it.
  if (check.check === 'custom') return typeof check.fn === 'function'
  return typeof check.check === 'string' && looking.has(check.check) && !changesFormat(check)
}

function isOrderly(def: ZodDef): boolean {
  switch (def.type) {
    case 'object':
      return !Object.hasOwn(Object(def.shape), '__proto__')
    case 'tuple':
      // Missing items at the end may come out as undefined ones.
      return Array.isArray(def.items) && def.items.every((item) => internals(item)?.optin === undefined)
    case 'record':
      // Other keys, such as numbers, are parsed and may come out under another name.
      return def.mode === undefined && ['string', 'enum', 'literal'].includes(zodDef(def.keyType)?.type ?? '')
    case 'union':
      return isDecisive(def)
    default:
      return true
  }
}

/**
 * True if the copy takes the same branch as its original. An earlier branch that refused the original because of a
 * member that the later one strips could accept the copy, and strip more; a discriminator rules that out.
 */
function isDecisive(def: ZodDef): boolean {
  if (!Array.isArray(def.options)) return false
  if (typeof def.discriminator === 'string') return def.unionFallback !== true
  if (def.inclusive === false) return false
  return def.options.filter((option) => !scalars.has(zodDef(option)?.type ?? '')).length <= 1
}
