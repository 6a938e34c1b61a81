/** Code for objects: reads every member once, lets no unknown member pass unseen, builds the copy in zod's order. */

import { type Code, notCovered } from './compile-code.js'
import { requireNoChecks } from './compile-scalar.js'
import type { CompileValue } from './compile-value.js'
import { internals, type ZodDef, zodDef } from './zod-def.js'

interface Member {
  readonly key: string
  readonly schema: unknown
  /** The variable that holds what was read. */
  readonly name: string
  readonly optional: boolean
}

/** More keys than these are looked up. */
const comparedKeys = 24

export function compileObject(code: Code, def: ZodDef, value: string, inner: CompileValue): string {
  requireNoChecks(def)
  const isStrict = strictness(def)
  const members = membersOf(code, def)
  code.line(`if (typeof ${value} !== "object" || ${value} === null) return;`)
  for (const { key, name } of members) code.line(`const ${name} = ${value}[${JSON.stringify(key)}];`)
  // After the reads, since the engine then knows the object's layout and the prototype with it.
  code.line(`if (Object.getPrototypeOf(${value}) !== Object.prototype) return;`)
  code.bytes(3)
  const copies = members.map((member) => copyOf(code, member, value, inner))
  // Members that are stripped are judged as well: the ordinary way does it.
  if (isStrict || code.direction === 'outbound') refuseUnknown(code, members, value)
  return build(code, members, copies)
}

function strictness(def: ZodDef): boolean {
  if (def.catchall === undefined) return false
  return zodDef(def.catchall)?.type === 'never' ? true : notCovered('a catchall')
}

function membersOf(code: Code, def: ZodDef): readonly Member[] {
  const shape = Object(def.shape)
  if (Object.hasOwn(shape, '__proto__') || Object.getOwnPropertySymbols(shape).length > 0)
    return notCovered('an odd key')
  return Object.entries(shape).map(([key, schema]) => ({
    key,
    schema,
    ...presence(schema),
    name: code.name(),
  }))
}

function presence(schema: unknown): { readonly optional: boolean } {
  const { optin, optout } = internals(schema) ?? {}
  if (optin === undefined) return { optional: false }
  return optin === 'optional' && optout === 'optional'
    ? { optional: true }
    : notCovered('a member with a default')
}

function copyOf(
  code: Code,
  { key, schema, name, optional }: Member,
  value: string,
  inner: CompileValue,
): string {
  const keyBytes = key.length * 6 + 3
  if (!optional) {
    code.bytes(keyBytes)
    return inner(code, schema, name)
  }
  const copy = code.name()
  code.line(`let ${copy};`)
  code.block(`if (${name} !== undefined)`, () => {
    code.bytes(keyBytes)
    code.line(`${copy} = ${inner(code, schema, name)};`)
  })
  // A member that is there and undefined stays one for zod.
  code.line(`else if (${JSON.stringify(key)} in ${value}) return;`)
  return copy
}

function refuseUnknown(code: Code, members: readonly Member[], value: string): void {
  const key = code.name()
  const keys = members.map((member) => member.key)
  if (keys.length > comparedKeys) {
    code.line(`for (const ${key} in ${value}) if (!${code.ref(new Set(keys))}.has(${key})) return;`)
    return
  }
  const cases = keys.map((one) => `case ${JSON.stringify(one)}:`).join(' ')
  code.line(`for (const ${key} in ${value}) switch (${key}) { ${cases} break; default: return; }`)
}

/** A literal as far as all members are there, so that copies share one layout; then one by one. */
function build(code: Code, members: readonly Member[], copies: readonly string[]): string {
  const object = code.name()
  const first = members.findIndex(({ optional }) => optional)
  const fixed = first < 0 ? members.length : first
  const entry = ({ key }: Member, index: number): string => `${JSON.stringify(key)}: ${copies[index]}`
  code.line(`const ${object} = { ${members.slice(0, fixed).map(entry).join(', ')} };`)
  for (const [index, { key, name, optional }] of members.entries()) {
    if (index < fixed) continue
    const set = `${object}[${JSON.stringify(key)}] = ${copies[index]};`
    code.line(optional ? `if (${name} !== undefined) ${set}` : set)
  }
  return object
}
