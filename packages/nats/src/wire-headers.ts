/** Headers over the wire: one value to a name, those of CloudEvents percent-encoded, written and read in one go. */

import type { Msg, MsgHdrs } from '@nats-io/transport-node'
import { BusError } from 'busbar/transport'

export type HeaderRecord = Readonly<Record<string, string>>

/** Before the names of CloudEvents attributes. */
export const attributes = 'ce-'
/** Instructions to the server, of no meaning to who reads. */
const ofServer = 'Nats-'

/** A record as the client wants it; its own collection looks at each name and value several times. */
export class WireHeaders implements MsgHdrs {
  readonly record: Record<string, string>

  /** Takes the record over. */
  constructor(record: Record<string, string>) {
    this.record = record
  }

  /**
   * The block that goes over the wire: all that the client (nats-core 3.4) asks of headers that are published, though
   * its public type leaves it out. INVALID_OPTION for a line break in a value.
   */
  encode(): Uint8Array {
    let text = 'NATS/1.0\r\n'
    for (const name in this.record) text += `${name}: ${this.written(name)}\r\n`
    return Buffer.from(`${text}\r\n`)
  }

  private written(name: string): string {
    const value = this.record[name] ?? ''
    if (name.startsWith(attributes)) return odd.test(value) ? percent(value) : value
    if (!breaks.test(value)) return value
    throw new BusError('INVALID_OPTION', `The header ${name} holds a line break.`, { outcome: 'rejected' })
  }

  get hasError(): boolean {
    return false
  }
  get status(): string {
    return ''
  }
  get code(): number {
    return 0
  }
  get description(): string {
    return ''
  }
  get(name: string): string {
    return this.record[name] ?? ''
  }
  last(name: string): string {
    return this.get(name)
  }
  has(name: string): boolean {
    return Object.hasOwn(this.record, name)
  }
  keys(): string[] {
    return Object.keys(this.record)
  }
  values(name: string): string[] {
    return this.has(name) ? [this.get(name)] : []
  }
  set(name: string, value: string): void {
    this.record[name] = value
  }
  append(name: string, value: string): void {
    this.set(name, value)
  }
  delete(name: string): void {
    delete this.record[name]
  }
  *[Symbol.iterator](): IterableIterator<[string, string[]]> {
    for (const name of this.keys()) yield [name, this.values(name)]
  }
}

/** The headers of a message; none when there is one among them that the client would not write, for then it reads none. */
export function headersOf(msg: Msg): HeaderRecord {
  try {
    return fromNats(msg.headers)
  } catch {
    return {}
  }
}

/** The first value of each header that is not meant for the server. */
export function fromNats(headers: MsgHdrs | undefined): HeaderRecord {
  const record: Record<string, string> = Object.create(nothing)
  if (headers === undefined) return record
  for (const [name, [value = '']] of headers) {
    if (name.startsWith(ofServer)) continue
    record[name] = name.startsWith(attributes) ? plain(value) : value
  }
  return record
}

/** Names come from strangers: none may be taken for one that objects have. Engines keep objects without any prototype slowly. */
const nothing: object = Object.freeze(Object.create(null))

const breaks = /[\r\n]/
/** As the CloudEvents bindings say: spaces, quotes, percent signs and all beyond ASCII. */
const odd = /[^!#$&-~]/
const eachOdd = /[^!#$&-~]/gu

function percent(value: string): string {
  return value.replace(eachOdd, (char) =>
    char.length === 1 && /[\ud800-\udfff]/.test(char) ? '%EF%BF%BD' : encodeURIComponent(char),
  )
}

function plain(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
