/** Code for unions whose right branch is known before it is tried. */

import { type Code, notCovered } from './compile-code.js'
import { equals, requireNoChecks, scalarTest } from './compile-scalar.js'
import type { CompileValue } from './compile-value.js'
import { internals, type ZodDef, zodDef } from './zod-def.js'

export function compileUnion(code: Code, def: ZodDef, value: string, inner: CompileValue): string {
  requireNoChecks(def)
  if (!Array.isArray(def.options)) return notCovered('a union without options')
  if (typeof def.discriminator === 'string') return discriminated(code, def, def.discriminator, value, inner)
  if (def.inclusive === false) return notCovered('an exclusive union')
  return anyOf(code, def.options, value, inner)
}

/** Scalars give themselves whichever option takes them, so their order means nothing; of the others there is one. */
function anyOf(code: Code, options: readonly unknown[], value: string, inner: CompileValue): string {
  const tests: string[] = []
  const others: unknown[] = []
  for (const option of options) {
    const def = zodDef(option)
    const scalar = def && scalarTest(code, option, def, value)
    if (scalar === undefined) others.push(option)
    else tests.push(scalar.test)
  }
  if (others.length > 1) notCovered('a union of several objects or lists')
  const copy = code.name()
  code.line(`let ${copy} = ${value};`)
  code.block(`if (${tests.map((test) => `(${test})`).join(' || ') || 'false'})`, () =>
    code.bytes(`(typeof ${value} === "string" ? ${value}.length * 6 + 3 : 25)`),
  )
  code.block('else', () => {
    if (others.length === 0) code.line('return;')
    else code.line(`${copy} = ${inner(code, others[0], value)};`)
  })
  return copy
}

function discriminated(
  code: Code,
  def: ZodDef,
  discriminator: string,
  value: string,
  inner: CompileValue,
): string {
  if (def.unionFallback === true || !Array.isArray(def.options)) return notCovered('a union with a fallback')
  const [tag, copy] = [code.name(), code.name()]
  code.line(`if (typeof ${value} !== "object" || ${value} === null) return;`)
  code.line(`const ${tag} = ${value}[${JSON.stringify(discriminator)}];`)
  code.line(`let ${copy};`)
  for (const [index, option] of def.options.entries()) {
    const tests = tagsOf(option, discriminator).map((one) => equals(code, one, tag))
    code.block(`${index === 0 ? '' : 'else '}if (${tests.join(' || ')})`, () =>
      code.line(`${copy} = ${inner(code, option, value)};`),
    )
  }
  code.line('else return;')
  return copy
}

function tagsOf(option: unknown, discriminator: string): readonly unknown[] {
  const tags = Object(internals(option)?.propValues)[discriminator]
  return tags instanceof Set && tags.size > 0 && !tags.has(undefined)
    ? [...tags]
    : notCovered('an option without a tag')
}
