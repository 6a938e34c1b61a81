/** Code that checks a value of any covered schema and builds its private copy. */

import { compileArray, compileRecord, compileTuple } from './compile-array.js'
import { type Code, notCovered } from './compile-code.js'
import { compileObject } from './compile-object.js'
import { requireNoChecks, scalarTest } from './compile-scalar.js'
import { compileUnion } from './compile-union.js'
import { maxDepth } from './inspect-value.js'
import { zodDef } from './zod-def.js'

const nesting = new Set(['object', 'array', 'tuple', 'record'])

/** Writes code for a schema inside another one; gives the name of the copy. */
export type CompileValue = (code: Code, schema: unknown, value: string, levels?: number) => string

/**
 * Writes code that returns from the function unless the variable `value` is certain to pass, and gives the name of
 * the variable with the copy. `levels` is how much deeper payloads may nest.
 */
export const compileValue: CompileValue = (code, schema, value, levels = maxDepth) => {
  const def = zodDef(schema)
  if (def === undefined || def.coerce === true) return notCovered('a schema of this kind')
  const scalar = scalarTest(code, schema, def, value)
  if (scalar !== undefined) {
    code.line(`if (!(${scalar.test})) return;`)
    code.bytes(scalar.bytes)
    return value
  }
  const inside: CompileValue = (_, child, name, left = levels) => compileValue(code, child, name, left)
  const below: CompileValue = (_, child, name) => compileValue(code, child, name, levels - 1)
  if (levels === 0 && nesting.has(def.type)) return notCovered('a schema of this depth')
  return code.within(schema, () => {
    switch (def.type) {
      case 'object':
        return compileObject(code, def, value, below)
      case 'array':
        return compileArray(code, def, value, below)
      case 'tuple':
        return compileTuple(code, def, value, below)
      case 'record':
        return compileRecord(code, def, value, below)
      case 'union':
        return compileUnion(code, def, value, inside)
      case 'nullable':
        requireNoChecks(def)
        return orNull(code, value, () => inside(code, def.innerType, value))
      case 'optional':
        // Of members the object knows when they may be missing; undefined itself is left to zod.
        requireNoChecks(def)
        return inside(code, def.innerType, value)
      case 'readonly':
        requireNoChecks(def)
        return frozen(code, inside(code, def.innerType, value))
      default:
        return notCovered(`the type ${def.type}`)
    }
  })
}

function orNull(code: Code, value: string, fill: () => string): string {
  const copy = code.name()
  code.bytes(6)
  code.line(`let ${copy} = null;`)
  code.block(`if (${value} !== null)`, () => code.line(`${copy} = ${fill()};`))
  return copy
}

function frozen(code: Code, inner: string): string {
  const copy = code.name()
  code.line(`const ${copy} = Object.freeze(${inner});`)
  return copy
}
