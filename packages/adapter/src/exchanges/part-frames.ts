/** Parts as frames. The commonest one, a single last answer, is what a foreign responder would send as well. */

import { EncodedBody, type Headers, type Part } from 'busbar/transport'
import { codecOf, mediaTypeOf } from '../headers.js'
import { headOf, type Speaker } from './control-frames.js'
import {
  endHeader,
  failureHeader,
  mediaHeader,
  numberIn,
  partHeader,
  replyHeader,
} from './control-headers.js'
import type { Frame } from './lanes.js'

const control = 'busbar-'
const escaped = 'busbar-own-'
const nameForm = /^[a-z0-9][a-z0-9._-]{0,127}$/
/** What a part costs of a window beside its body. */
const overheadBytes = 64

/** What a part counts against the window of who hears it; both sides come to the same. */
export const costOf = (bodyBytes: number): number => bodyBytes + overheadBytes

export function writePart(speaker: Speaker, part: Part, number: number): Frame {
  const headers = headOf(speaker)
  const isOnly = number === 1 && part.end === true && !speaker.isOpener
  if (!isOnly) {
    headers[partHeader] = String(number)
    headers[replyHeader] = speaker.inbox
    if (part.end === true) headers[endHeader] = '1'
  }
  headers[mediaHeader] = mediaTypeOf(part.body.codec)
  if (part.failure !== undefined) headers[failureHeader] = part.failure
  if (part.headers !== undefined) addOwn(headers, part.headers)
  return { headers, body: part.body.bytes() }
}

/** A frame without a number is the only part there is. PROTOCOL_ERROR for a number that is none. */
export function readPart(frame: Frame): { readonly part: Part; readonly number: number } {
  const number = numberIn(frame, partHeader)
  const body = new EncodedBody(codecOf(frame.headers[mediaHeader]), frame.body)
  const failure = frame.headers[failureHeader]
  const end = number === undefined || frame.headers[endHeader] === '1'
  const headers = ownOf(frame.headers)
  if (headers === undefined && failure === undefined) {
    return { part: end ? { body, end } : { body }, number: number ?? 1 }
  }
  const part = {
    body,
    ...(headers !== undefined && { headers }),
    ...(failure !== undefined && { failure }),
    ...(end && { end }),
  }
  return { part, number: number ?? 1 }
}

function addOwn(headers: Record<string, string>, own: Headers): void {
  for (const [name, value] of Object.entries(own)) {
    headers[name.startsWith(control) || name === mediaHeader ? escaped + name : name] = value
  }
}

function ownOf(headers: Headers): Headers | undefined {
  let own: Record<string, string> | undefined
  for (const name in headers) {
    if (name === mediaHeader || (name.startsWith(control) && !name.startsWith(escaped))) continue
    const value = headers[name]
    const plain = name.startsWith(escaped) ? name.slice(escaped.length) : name
    if (value === undefined || !nameForm.test(plain)) continue
    own ??= {}
    own[plain] = value
  }
  return own
}
