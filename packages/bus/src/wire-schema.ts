/** A schema prepared for the wire: its JSON form and what is proven about the values that pass it. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { CompiledChecks } from './contract/compile.js'

/** Plain JSON Schema data. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** One schema of a topic, analysed once when the contract is defined. */
export interface Wire {
  readonly schema: StandardSchemaV1
  /** JSON Schema (draft 2020-12) of the input side: what travels. `{}` when the schema's library cannot tell. */
  readonly json: JsonSchema
  /**
   * Proven at definition: validation gives a fresh plain copy equal to its input, so input and output are one form
   * and a value that passed may be handed over without encoding. False whenever that is not certain.
   */
  readonly plain: boolean
  /** Of plain schemas: code that judges most values faster than the schema does, and leaves the rest to it. */
  readonly compiled: CompiledChecks | undefined
}
