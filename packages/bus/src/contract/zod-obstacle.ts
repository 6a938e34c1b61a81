/** Finds what keeps a zod schema's input from travelling as JSON, and says what to write instead. */

import { inputChildren, joinPath, type ZodDef, zodDef } from './zod-def.js'

/** The first thing in a schema that cannot travel. */
export interface Obstacle {
  /** Dotted place in the payload; empty for the payload itself. */
  readonly path: string
  readonly what: string
  readonly fix: string
}

const plainData = 'send plain data instead'
const fixes: Readonly<Record<string, string>> = {
  date: 'use z.iso.datetime(), or z.codec(z.iso.datetime(), z.date(), { ... }) if handlers should get a Date',
  bigint: 'use z.string().regex(/^-?\\d+$/), or a z.codec from it if handlers should get a bigint',
  map: 'use z.record(), or a z.codec from z.array(z.tuple([key, value]))',
  set: 'use z.array(), or a z.codec from it',
  custom: 'describe its JSON form, and use a z.codec from that if handlers should get the instance',
  undefined: 'use .optional() for a member that may be missing, z.null() or z.object({}) for nothing',
  void: 'use z.null() or z.object({}) for nothing',
  nan: 'use .nullable(), NaN has no JSON form',
  file: 'send a reference to the file',
  symbol: plainData,
  function: plainData,
  promise: 'await it before sending',
  transform:
    'what goes into it is unknown to senders; begin with the schema of what is sent, such as z.string().transform(...), or use a z.codec',
}

/** The first obstacle on the input side; undefined if there is none, or if the schema is not made by zod 4. */
export function zodObstacle(schema: unknown): Obstacle | undefined {
  return search(schema, '', new Set())
}

function search(schema: unknown, path: string, seen: Set<unknown>): Obstacle | undefined {
  const def = zodDef(schema)
  // A schema that was seen is judged already, at the place that was found first.
  if (def === undefined || seen.has(schema)) return undefined
  seen.add(schema)
  const own = obstacleOf(def)
  if (own !== undefined) return { path, ...own }
  for (const child of inputChildren(def)) {
    const found = search(child.schema, joinPath(path, child.path), seen)
    if (found !== undefined) return found
  }
  return undefined
}

function obstacleOf(def: ZodDef): Omit<Obstacle, 'path'> | undefined {
  const { type } = def
  if (def.coerce === true) {
    return {
      what: `z.coerce.${type}()`,
      fix: `senders could pass anything, unchecked; use ${
        type === 'date' || type === 'bigint' ? '' : `z.${type}(), or `
      }a z.codec from what is sent`,
    }
  }
  if (type === 'literal' && Array.isArray(def.values)) {
    const odd = def.values.find((value) => value === undefined || typeof value === 'bigint')
    if (odd !== undefined || def.values.includes(undefined)) {
      return {
        what: `z.literal(${String(odd)})`,
        fix: 'use a literal that JSON has: a string, number, boolean or null',
      }
    }
  }
  const fix = Object.hasOwn(fixes, type) ? fixes[type] : undefined
  if (fix === undefined) return undefined
  const names: Readonly<Record<string, string>> = {
    custom: 'z.instanceof() or z.custom()',
    transform: 'z.preprocess() or a bare transform',
  }
  return { what: names[type] ?? `z.${type}()`, fix }
}
