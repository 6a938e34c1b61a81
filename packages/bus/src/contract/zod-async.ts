/** Runs zod schemas with asynchronous parts as such from the start, instead of after a synchronous try. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Schema } from '../topic.js'
import { internals, type ZodDef, zodDef } from './zod-def.js'

/**
 * zod's own `~standard.validate` runs a schema synchronously first and drops the promises of its asynchronous parts:
 * one that rejects would then end the process as an unhandled rejection. Gives a schema that goes the asynchronous
 * way at once if `schema` has an async function in it, else `schema` itself.
 */
export function withoutSyncTry(schema: Schema): Schema {
  if (!('safeParseAsync' in schema) || !hasAsync(schema, new Set())) return schema
  const { safeParseAsync } = schema
  if (typeof safeParseAsync !== 'function') return schema
  const standard = schema['~standard']
  return {
    '~standard': {
      version: 1,
      vendor: standard.vendor,
      validate: async (value): Promise<StandardSchemaV1.Result<unknown>> => {
        const result = await safeParseAsync(value)
        return result.success ? { value: result.data } : { issues: result.error.issues }
      },
    },
  }
}

const isAsync = (part: unknown): boolean =>
  typeof part === 'function' && Object.prototype.toString.call(part) === '[object AsyncFunction]'

/** Looks at every function and schema of a definition, on the input and the output side. */
function hasAsync(schema: unknown, seen: Set<unknown>): boolean {
  const def = zodDef(schema)
  if (def === undefined || seen.has(schema)) return false
  seen.add(schema)
  const checks = Array.isArray(def.checks) ? def.checks : []
  return (
    Object.values(def).some(isAsync) ||
    checks.some((check) => isAsync(internals(check)?.check) || isAsyncDef(check)) ||
    partsOf(def).some((part) => hasAsync(part, seen))
  )
}

const isAsyncDef = (check: unknown): boolean => Object.values(Object(internals(check)?.def)).some(isAsync)

function partsOf(def: ZodDef): readonly unknown[] {
  const lazy = def.type === 'lazy' && typeof def.getter === 'function' ? [def.getter()] : []
  const shape = def.type === 'object' ? Object.values(Object(def.shape)) : []
  return [...lazy, ...shape, ...Object.values(def).flat()]
}
