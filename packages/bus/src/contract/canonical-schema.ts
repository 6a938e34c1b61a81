/** One spelling for JSON Schemas that allow the same values: sorted, without annotations, references resolved. */

import type { JsonSchema } from '../wire-schema.js'

const schemaLists = new Set(['prefixItems', 'anyOf', 'oneOf', 'allOf'])
const schemaMaps = new Set(['properties', 'patternProperties', 'dependentSchemas'])
const schemas = new Set([
  'additionalProperties',
  'propertyNames',
  'items',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'unevaluatedItems',
  'unevaluatedProperties',
])
/** Lists whose order means nothing; `type` may also be a single name. */
const sets = new Set(['required', 'enum', 'type'])
/** Keywords with plain values; whatever is in no list here (titles, descriptions, own keywords) is an annotation. */
const plain = new Set(
  'const type default format pattern contentEncoding contentMediaType minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems uniqueItems minContains maxContains minProperties maxProperties dependentRequired'.split(
    ' ',
  ),
)

type Open = ReadonlyMap<string, number>

/** Gives data whose canonical JSON is equal for schemas that differ only in key order, metadata or names of `$defs`. */
export function canonicalSchema(root: JsonSchema): unknown {
  const visit = (node: unknown, depth: number, open: Open): unknown => {
    if (!isObject(node)) return node
    const result: Record<string, unknown> = {}
    for (const [keyword, value] of Object.entries(node)) {
      const canonical = keywordValue(keyword, value, (child) => visit(child, depth + 1, open))
      if (canonical !== undefined) result[keyword] = canonical
    }
    if (typeof node.$ref === 'string') Object.assign(result, follow(node.$ref, depth, open))
    return result
  }
  const follow = (ref: string, depth: number, open: Open): object => {
    // A reference to a schema around it is a loop: told by its level, since its name is an annotation.
    const level = open.get(ref)
    if (level !== undefined) return { $ref: level }
    const target = visit(resolve(root, ref), depth, new Map([...open, [ref, depth]]))
    return isObject(target) ? target : { $ref: ref }
  }
  return visit(root, 0, new Map([['#', 0]]))
}

function keywordValue(keyword: string, value: unknown, visit: (child: unknown) => unknown): unknown {
  if (schemas.has(keyword)) return visit(value)
  if (schemaLists.has(keyword) && Array.isArray(value)) return value.map(visit)
  if (schemaMaps.has(keyword) && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, visit(child)]))
  }
  if (sets.has(keyword) && Array.isArray(value)) return value.map(canonicalJson).sort()
  return plain.has(keyword) ? value : undefined
}

function resolve(root: JsonSchema, ref: string): unknown {
  if (!ref.startsWith('#')) return undefined
  let node: unknown = root
  for (const step of ref.split('/').slice(1)) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    node = isObject(node) && Object.hasOwn(node, name) ? node[name] : undefined
  }
  return node
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** JSON with the keys of every object sorted and undefined members left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`)
  return `{${members.join(',')}}`
}
