/** A message as the two fields of a stream entry: `headers` as JSON, `data` as it is. */

import { foreignId, HeaderDialect, type RawMessage, readMessage, writeHeaders } from '@busbar/adapter'
import type { Channel, Message } from 'busbar/transport'
import { bytesIn, listIn, type Reply, textIn } from './replies.js'

export const dialect = new HeaderDialect({ prefix: 'ce-' })

export function headerText(channel: Channel, message: Message): string {
  return JSON.stringify(writeHeaders(dialect, channel, message))
}

/** Fields of an entry by name, the payload apart. Foreign entries may have headers as fields of their own. */
export interface Fields {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly data: Uint8Array
}

const nothing = new Uint8Array()

export function fieldsOf(reply: Reply | undefined): Fields {
  const flat = listIn(reply)
  let data: Uint8Array = nothing
  let headers: Record<string, string | undefined> = {}
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = textIn(flat[at])
    if (name === 'data') data = bytesIn(flat[at + 1])
    else if (name === 'headers') {
      const given = headersIn(textIn(flat[at + 1]))
      // Ours come first.
      headers = at === 0 ? given : { ...headers, ...given }
    } else headers[`${own.has(name) ? 'busbar-' : ''}${name}`] = textIn(flat[at + 1])
  }
  return { headers, data }
}

/** Fields that the scripts write. */
const own = new Set(['at', 'offset', 'priority'])

/** Headers that are no JSON object are a foreign hand's, and nobody's loss. */
function headersIn(text: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return {}
    if (areTexts(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, one]): [string, string] => [
        name,
        typeof one === 'string' ? one : JSON.stringify(one),
      ]),
    )
  } catch {
    return {}
  }
}

function areTexts(value: object): value is Record<string, string> {
  return !Array.isArray(value) && Object.values(value).every((one) => typeof one === 'string')
}

/** `place` is where the message is kept, for the id of one that came without. */
export function messageOf(channel: Channel, place: string, { headers, data }: Fields): Message {
  const raw: RawMessage = {
    headers,
    data,
    fallbackId: () => foreignId(`redis/${channel.name}/${place}`),
    fallbackTime: () => Number.parseInt(place, 10) || 0,
  }
  return readMessage(dialect, channel, raw)
}
