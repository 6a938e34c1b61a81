/** Reads the structure of a zod 4 schema without importing zod, so that any copy and any 4.x of it will do. */

/** The definition of a schema or check; members depend on `type` and are read with the functions below. */
export type ZodDef = Readonly<Record<string, unknown>> & { readonly type: string }

type Members = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Members {
  return (typeof value === 'object' || typeof value === 'function') && value !== null
}

/** The definition of a zod 4 schema; undefined for everything else. */
export function zodDef(schema: unknown): ZodDef | undefined {
  const def = internals(schema)?.def
  return isObject(def) && hasType(def) ? def : undefined
}

const hasType = (def: Members): def is ZodDef => typeof def.type === 'string'

/** What zod keeps beside the definition: `optin` says whether a member may be missing. */
export function internals(schema: unknown): Members | undefined {
  if (!isObject(schema)) return undefined
  return isObject(schema._zod) ? schema._zod : undefined
}

/** The definitions of the checks a schema has besides its type. */
export function checksOf(def: ZodDef): readonly Members[] {
  if (!Array.isArray(def.checks)) return []
  return def.checks.map((check) => {
    const inner = internals(check)?.def
    return isObject(inner) ? inner : {}
  })
}

/** A schema inside another, with its place in the payload. */
export interface Child {
  readonly path: string
  readonly schema: unknown
}

/** zod writes null for a tuple without rest. */
const one = (path: string, schema: unknown): readonly Child[] =>
  schema === undefined || schema === null ? [] : [{ path, schema }]
const many = (path: (index: number) => string, schemas: unknown): readonly Child[] =>
  Array.isArray(schemas) ? schemas.map((schema, index) => ({ path: path(index), schema })) : []

/** The schemas that see the input of `def`: of a pipe its first part, of a wrapper what it wraps. */
export function inputChildren(def: ZodDef): readonly Child[] {
  switch (def.type) {
    case 'object':
      return [
        ...Object.entries(Object(def.shape)).map(([path, schema]) => ({ path, schema })),
        ...one('*', def.catchall),
      ]
    case 'array':
      return one('[]', def.element)
    case 'tuple':
      return [...many((index) => `[${index}]`, def.items), ...one('[]', def.rest)]
    case 'record':
      return [...one('(key)', def.keyType), ...one('*', def.valueType)]
    case 'union':
      return many(() => '', def.options)
    case 'intersection':
      return [...one('', def.left), ...one('', def.right)]
    case 'lazy':
      return one('', typeof def.getter === 'function' ? def.getter() : undefined)
    case 'pipe':
      return one('', def.in)
    default:
      return one('', def.innerType)
  }
}

/** `a` and `b` make `a.b`, `a` and `[]` make `a[]`. */
export function joinPath(parent: string, child: string): string {
  if (parent === '' || child === '') return parent + child
  return child.startsWith('[') ? parent + child : `${parent}.${child}`
}
