/** Puts generated code together: lines, fresh names, values by reference, and the byte count of each block. */

/** What a compiled check is for; the outbound one also does the work of the walk before a payload is sent. */
export type Direction = 'outbound' | 'inbound'

/** Code under construction. */
export interface Code {
  readonly direction: Direction
  line(text: string): void
  /** A variable nobody has used. */
  name(): string
  /** The name under which the code finds `value`: nothing of a schema is ever spelled out but numbers and keys. */
  ref(value: unknown): string
  /** `header { ... }` around what `fill` writes. */
  block(header: string, fill: () => void): void
  /** Counts towards the upper bound of the JSON length: a number or an expression. */
  bytes(count: number | string): void
  /** Writes the count so far, for code that compares it. */
  flush(): void
  /** Runs `fill` for a schema inside `schema`; refuses recursion. */
  within<T>(schema: unknown, fill: () => T): T
}

/** Beyond this much source the ordinary way is as good: such schemas repeat their parts very often. */
const maxLines = 5_000

/** Thrown where a schema has something that the compiler does not know exactly; caught by whoever compiles. */
export function notCovered(what: string): never {
  throw new TypeError(`not covered by compiled checks: ${what}`)
}

/** Gives empty code, and a way to make it into what `body` returns. */
export function createCode(direction: Direction): Code & { make(body: (source: string) => string): unknown } {
  const lines: string[] = []
  const refs: unknown[] = []
  const open = new Set<unknown>()
  let names = 0
  let known = 0
  let counted: string[] = []

  const line = (text: string): void => {
    if (lines.push(text) > maxLines) notCovered('a schema of this size')
  }
  const flush = (): void => {
    if (direction === 'outbound' && (known > 0 || counted.length > 0))
      line(`b += ${[known, ...counted].join(' + ')};`)
    known = 0
    counted = []
  }

  return {
    direction,
    line,
    flush,
    name: () => `v${++names}`,
    ref(value) {
      const at = refs.indexOf(value)
      return `r${at < 0 ? refs.push(value) - 1 : at}`
    },
    block(header, fill) {
      flush()
      line(`${header} {`)
      fill()
      flush()
      line('}')
    },
    bytes(count) {
      if (typeof count === 'number') known += count
      else counted.push(count)
    },
    within(schema, fill) {
      if (open.has(schema)) notCovered('recursion')
      open.add(schema)
      const result = fill()
      open.delete(schema)
      return result
    },
    make(body) {
      flush()
      const bound = refs.map((_, index) => `const r${index} = refs[${index}];`).join('\n')
      return new Function('refs', `"use strict";\n${bound}\n${body(lines.join('\n'))}`)(refs)
    },
  }
}
