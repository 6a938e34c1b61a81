/** Reads the structure of a zod 4 schema without importing zod, so that any copy and any 4.x of it will do. */

/** The definition of a schema or check; members depend on `type` and are read with the functions below. */
export type ZodDef = Readonly<Record<string, unknown>> & { readonly type: string }

/** The definition of a zod 4 schema; undefined for everything else. */
export function zodDef(schema: unknown): ZodDef | undefined {
  const def = internals(schema)?.def
  return typeof def === 'object' && def !== null && 'type' in def && typeof def.type === 'string'
    ? // Checked for the one member that is always there; the others stay unknown.
      (def as ZodDef)
    : undefined
}

/** What zod keeps beside the definition: `optin` says whether a member may be missing. */
export function internals(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return undefined
  const zod = '_zod' in schema ? schema._zod : undefined
  return typeof zod === 'object' && zod !== null ? { ...zod } : undefined
}

/** The definitions of the checks a schema has besides its type. */
export function checksOf(def: ZodDef): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(def.checks)) return []
  return def.checks.map((check) => ({ ...Object(internals(check)?.def) }))
}

/** A schema inside another, with its place in the payload. */
export interface Child {
  readonly path: string
  readonly schema: unknown
}

const one = (path: string, schema: unknown): readonly Child[] =>
  schema === undefined ? [] : [{ path, schema }]
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
