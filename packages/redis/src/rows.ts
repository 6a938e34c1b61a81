/** Messages as scripts give them. */

import { listIn, type Reply, textIn } from './replies.js'

export interface Row {
  readonly id: string
  /** Names and values in turn. */
  readonly fields: readonly Reply[]
}

/** Of a flat list: id, headers and payload of each of ours; id and a list of fields of others. */
export function rowsIn(flat: readonly Reply[]): Row[] {
  const rows: Row[] = []
  for (let at = 0; at < flat.length; ) {
    const id = textIn(flat[at])
    const headers = flat[at + 1] ?? null
    if (Array.isArray(headers)) {
      rows.push({ id, fields: listIn(headers) })
      at += 2
    } else {
      rows.push({ id, fields: ['headers', headers, 'data', flat[at + 2] ?? null] })
      at += 3
    }
  }
  return rows
}

/** Three lengths for each of ours, then the id, headers and payload of which they are. */
export function rowsInText(text: Buffer): Row[] {
  const rows: Row[] = []
  for (let at = 0; at < text.length; ) {
    const headersAt = at + lengths + text.readUInt32BE(at)
    const payloadAt = headersAt + text.readUInt32BE(at + 4)
    const end = payloadAt + text.readUInt32BE(at + 8)
    const [headers, payload] = [text.subarray(headersAt, payloadAt), text.subarray(payloadAt, end)]
    const id = text.toString('latin1', at + lengths, headersAt)
    rows.push({ id, fields: ['headers', headers, 'data', payload] })
    at = end
  }
  return rows
}

const lengths = 12
