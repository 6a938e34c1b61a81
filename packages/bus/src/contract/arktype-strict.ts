/** Makes arktype refuse what has no JSON form: by default it describes Dates and bigints as "anything". */

type Context = Readonly<Record<string, unknown>>

const refuse =
  (nameOf: (context: Context) => unknown) =>
  (context: Context): never => {
    throw new TypeError(`arktype describes ${String(nameOf(context))}, which is not JSON`)
  }

const className = (proto: unknown): unknown => (typeof proto === 'function' ? proto.name : 'a class')

/** For `~standard.jsonSchema` of arktype. Constraints that JSON Schema merely cannot express stay allowed. */
export const arktypeStrict = Object.freeze({
  fallback: Object.freeze({
    domain: refuse((context) => context.domain),
    proto: refuse((context) => className(context.proto)),
    date: refuse(() => 'Date'),
    unit: refuse((context) => context.unit),
    symbolKey: refuse(() => 'a symbol key'),
  }),
})
