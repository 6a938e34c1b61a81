/** Compiles plain zod schemas: one function that checks a value and builds its private copy, or says that zod must. */

import { createCode, type Direction } from './compile-code.js'
import { compileValue } from './compile-value.js'

/** One schema as code. It knows nothing better than zod: what is not certain to pass is for zod to judge. */
export interface CompiledCheck {
  /** Upper bound of the JSON length in bytes of what `copy` gave last; only outbound. */
  readonly bytes: number
  /**
   * A private copy equal to zod's output; undefined when the value is invalid, odd or, outbound, possibly longer than
   * `maxBytes` as JSON: then zod is to decide. Inbound does not look at `maxBytes`. Throws only what getters throw.
   */
  copy(value: unknown, maxBytes: number): unknown
}

/** The compiled forms of one schema, each made when it is first asked for; undefined where there can be none. */
export interface CompiledChecks {
  /** Passes only what JSON brings back equal, and nothing with members that the schema does not know. */
  outbound(): CompiledCheck | undefined
  /** For data that was parsed from JSON or copied by `outbound`. */
  inbound(): CompiledCheck | undefined
}

/** For a schema that zod-plain.ts has proven plain. */
export function compiledChecks(schema: unknown): CompiledChecks {
  return {
    outbound: once(() => compile(schema, 'outbound')),
    inbound: once(() => compile(schema, 'inbound')),
  }
}

/** Undefined when the schema has anything that is not covered, or where code may not be made from text. */
export function compile(schema: unknown, direction: Direction): CompiledCheck | undefined {
  // Pages often forbid code from text, and each try is reported as an attack.
  if ('document' in globalThis) return undefined
  try {
    const code = createCode(direction)
    const copy = compileValue(code, schema, 'value')
    // The code is written above from numbers, quoted keys and names of its own; it returns exactly this form.
    return code.make((checks) => bodyOf(checks, copy, direction)) as CompiledCheck
  } catch {
    return undefined
  }
}

const bodyOf = (checks: string, copy: string, direction: Direction): string => `
const check = {
  bytes: 0,
  copy(value, limit) {
    let b = 0;
    ${checks}
    ${direction === 'outbound' ? 'if (b > limit) return;\n    check.bytes = b;' : ''}
    return ${copy};
  },
};
return check;`

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
