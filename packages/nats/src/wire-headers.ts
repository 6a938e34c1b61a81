/** Headers over the wire: one value to a name, those of CloudEvents percent-encoded. */

import { headers as collection, type Msg, type MsgHdrs } from '@nats-io/transport-node'
import { BusError } from 'busbar/transport'

export type HeaderRecord = Readonly<Record<string, string>>

/** Before the names of CloudEvents attributes. */
export const attributes = 'ce-'
/** Instructions to the server, of no meaning to who reads. */
const ofServer = 'Nats-'

/** A record as the client wants it. INVALID_OPTION for a line break in a value. */
export function toNats(record: HeaderRecord): MsgHdrs {
  const made = collection()
  for (const name in record) made.append(name, written(name, record[name] ?? ''))
  return made
}

/** The headers of a message; none when there is one among them that the client would not write, for then it reads none. */
export function headersOf(msg: { readonly headers?: Msg['headers'] }): HeaderRecord {
  try {
    return fromNats(msg.headers)
  } catch {
    return {}
  }
}

/** The first value of each header that is not meant for the server. */
export function fromNats(headers: MsgHdrs | undefined): HeaderRecord {
  const record = emptyRecord()
  if (headers === undefined) return record
  for (const [name, [value = '']] of headers) {
    if (isForReaders(name)) record[name] = name.startsWith(attributes) ? plain(value) : value
  }
  return record
}

export const isForReaders = (name: string): boolean => !name.startsWith(ofServer)

/** Names come from strangers: none may be taken for one that objects have. Engines keep objects without any prototype slowly. */
const nothing: object = Object.freeze(Object.create(null))

export const emptyRecord = (): Record<string, string> => Object.create(nothing)

/** A value as it goes over the wire. INVALID_OPTION for a line break. */
export function written(name: string, value: string): string {
  if (name.startsWith(attributes)) return odd.test(value) ? percent(value) : value
  if (!breaks.test(value)) return value
  throw new BusError('INVALID_OPTION', `The header ${name} holds a line break.`, { outcome: 'rejected' })
}

const breaks = /[\r\n]/
/** As the CloudEvents bindings say: spaces, quotes, percent signs and all beyond ASCII. */
const odd = /[^!#$&-~]/
const eachOdd = /[^!#$&-~]/gu

function percent(value: string): string {
  return value.replace(eachOdd, (char) =>
    char.length === 1 && /[\ud800-\udfff]/.test(char) ? '%EF%BF%BD' : encodeURIComponent(char),
  )
}

/** The value of an attribute as it was before it was written. */
export function plain(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
