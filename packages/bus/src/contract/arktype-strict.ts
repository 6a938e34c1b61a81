/** Makes arktype refuse what has no JSON form: by default it describes Dates and bigints as "anything". */

const refuse = (context: unknown): never => {
  const domain =
    part(context, 'domain') ?? part(part(context, 'proto'), 'name') ?? 'a value that JSON does not have'
  throw new TypeError(`arktype describes ${String(domain)}, which is not JSON`)
}

function part(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  return Reflect.get(value, name)
}

/** For `~standard.jsonSchema` of arktype. Constraints that JSON Schema merely cannot express stay allowed. */
export const arktypeStrict = Object.freeze({
  fallback: Object.freeze({ domain: refuse, proto: refuse, date: refuse, unit: refuse, symbolKey: refuse }),
})
