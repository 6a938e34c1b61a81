/** Analyses a schema once: what travels, whether it can travel, and whether a validated value needs no encoding. */

import type { Schema } from '../topic.js'
import type { JsonSchema, Wire } from '../wire-schema.js'
import { arktypeStrict } from './arktype-strict.js'
import { compiledChecks } from './compile.js'
import type { Refuse } from './guarantees.js'
import { withoutSyncTry } from './zod-async.js'
import { joinPath } from './zod-def.js'
import { zodObstacle } from './zod-obstacle.js'
import { isPlainZod } from './zod-plain.js'

/** JSON Schema of the input side, in the one dialect that is compared and exported. */
const target = 'draft-2020-12'

/**
 * Prepares one schema of a topic. `part` says which, for messages. Refuses with SCHEMA_UNSUPPORTED what cannot
 * travel. A schema without JSON Schema support (Standard Schema 1.1) is accepted with `json: {}`: nothing can be
 * proven about it, so its values are judged one by one when they are published.
 */
export function prepareWire(schema: Schema, part: string, refuse: Refuse): Wire {
  const standard = schema?.['~standard']
  if (typeof standard?.validate !== 'function' || standard.version !== 1) {
    return refuse(
      'CONTRACT_INVALID',
      `${part} is not a schema; any Standard Schema will do, such as z.object({ ... })`,
    )
  }
  const obstacle = zodObstacle(schema)
  if (obstacle !== undefined) {
    const place = joinPath(part, obstacle.path)
    refuse('SCHEMA_UNSUPPORTED', `${place} is ${obstacle.what}, which cannot travel as JSON: ${obstacle.fix}`)
  }
  const plain = isPlainZod(schema)
  return Object.freeze({
    schema: withoutSyncTry(schema),
    json: inputJson(schema, part, refuse),
    plain,
    compiled: plain ? compiledChecks(schema) : undefined,
  })
}

function inputJson(schema: Schema, part: string, refuse: Refuse): JsonSchema {
  const standard: object = schema['~standard']
  if (!('jsonSchema' in standard)) return {}
  const converter = standard.jsonSchema
  if (typeof converter !== 'object' || converter === null || !('input' in converter)) return {}
  if (typeof converter.input !== 'function') return {}
  try {
    const strict = schema['~standard'].vendor === 'arktype' ? { libraryOptions: arktypeStrict } : {}
    return converter.input({ target, ...strict })
  } catch (cause) {
    return refuse(
      'SCHEMA_UNSUPPORTED',
      `${part} has no JSON form: ${cause instanceof Error ? cause.message : String(cause)}`,
    )
  }
}
