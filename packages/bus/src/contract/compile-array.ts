/** Code for arrays, tuples and records. */

import { type Code, notCovered } from './compile-code.js'
import { count, requireNoChecks } from './compile-scalar.js'
import type { CompileValue } from './compile-value.js'
import { checksOf, type ZodDef, zodDef } from './zod-def.js'

export function compileArray(code: Code, def: ZodDef, value: string, inner: CompileValue): string {
  const length = requireArray(code, value)
  const tests = checksOf(def).map((check) => lengthTest(check, length))
  if (code.direction === 'outbound') tests.push(`${length} <= limit`)
  if (tests.length > 0) code.line(`if (!(${tests.join(' && ')})) return;`)
  const [copy, index, item] = [code.name(), code.name(), code.name()]
  // Room for exactly so many: a list that grows by push holds room for 17, and the collector pays for it.
  code.line(`const ${copy} = new Array(${length});`)
  code.block(`for (let ${index} = 0; ${index} < ${length}; ${index}++)`, () => {
    code.line(`const ${item} = ${value}[${index}];`)
    code.line(`${copy}[${index}] = ${inner(code, def.element, item)};`)
    guard(code)
  })
  return copy
}

function requireArray(code: Code, value: string): string {
  const length = code.name()
  code.line(`if (!Array.isArray(${value}) || Object.getPrototypeOf(${value}) !== Array.prototype) return;`)
  code.line(`const ${length} = ${value}.length;`)
  code.bytes(3)
  return length
}

/** A small value that holds the same part many times is a huge tree: it must not be copied to the end. */
function guard(code: Code): void {
  if (code.direction !== 'outbound') return
  code.flush()
  code.line('if (b > limit) return;')
}

function lengthTest(check: Readonly<Record<string, unknown>>, length: string): string {
  switch (check.check) {
    case 'min_length':
      return `${length} >= ${count(check.minimum)}`
    case 'max_length':
      return `${length} <= ${count(check.maximum)}`
    case 'length_equals':
      return `${length} === ${count(check.length)}`
    default:
      return notCovered(`the check ${String(check.check)} on an array`)
  }
}

export function compileTuple(code: Code, def: ZodDef, value: string, inner: CompileValue): string {
  requireNoChecks(def)
  if (!Array.isArray(def.items) || (def.rest !== null && def.rest !== undefined))
    return notCovered('a tuple with a rest')
  const length = requireArray(code, value)
  code.line(`if (${length} !== ${def.items.length}) return;`)
  const copies = def.items.map((item, index) => {
    const name = code.name()
    code.line(`const ${name} = ${value}[${index}];`)
    return inner(code, item, name)
  })
  const copy = code.name()
  code.line(`const ${copy} = [${copies.join(', ')}];`)
  return copy
}

export function compileRecord(code: Code, def: ZodDef, value: string, inner: CompileValue): string {
  requireNoChecks(def)
  const keys = zodDef(def.keyType)
  if (keys?.type !== 'string' || keys.check !== undefined || def.mode !== undefined)
    return notCovered('such keys')
  requireNoChecks(keys)
  code.line(`if (typeof ${value} !== "object" || ${value} === null) return;`)
  code.line(`if (Object.getPrototypeOf(${value}) !== Object.prototype) return;`)
  // zod refuses symbols as keys, which the loop does not see.
  code.line(`if (Object.getOwnPropertySymbols(${value}).length > 0) return;`)
  code.bytes(3)
  const [copy, key, item] = [code.name(), code.name(), code.name()]
  code.line(`const ${copy} = {};`)
  code.block(`for (const ${key} in ${value})`, () => {
    code.line(`if (${key} === "__proto__" || !Object.hasOwn(${value}, ${key})) return;`)
    code.line(`const ${item} = ${value}[${key}];`)
    code.bytes(`${key}.length * 6 + 3`)
    code.line(`${copy}[${key}] = ${inner(code, def.valueType, item)};`)
    guard(code)
  })
  return copy
}
