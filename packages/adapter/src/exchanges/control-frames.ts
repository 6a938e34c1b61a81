/** Frames that carry no part: how far a side has come, the end, and the refusals. */

import { type BusErrorCode, type Closed, errorTable } from 'busbar/transport'
import {
  codeHeader,
  controlHeader,
  exchangeHeader,
  heardHeader,
  numberIn,
  partHeader,
  replyHeader,
  sideHeader,
  takenHeader,
  windowHeader,
} from './control-headers.js'
import type { Frame } from './lanes.js'

/** Who speaks: goes into each frame of an exchange. */
export interface Speaker {
  readonly exchangeId: string
  readonly isOpener: boolean
  readonly inbox: string
}

/** How far the one who speaks has come. */
export interface Standing {
  readonly said: number
  readonly heard: number
  readonly taken: number
  readonly windowBytes: number
}

const nothing = new Uint8Array(0)
const utf8 = new TextEncoder()
const text = new TextDecoder()
const maxTextBytes = 4_096

/** The headers that every frame of this side begins with. */
export function headOf({ exchangeId, isOpener }: Speaker): Record<string, string> {
  const headers: Record<string, string> = { [exchangeHeader]: exchangeId }
  if (isOpener) headers[sideHeader] = 'opener'
  return headers
}

/** `resend` asks for every part after those that were heard. */
export function writeStanding(speaker: Speaker, control: 'state' | 'resend', standing: Standing): Frame {
  const headers = headOf(speaker)
  headers[controlHeader] = control
  headers[replyHeader] = speaker.inbox
  headers[partHeader] = String(standing.said)
  headers[heardHeader] = String(standing.heard)
  headers[takenHeader] = String(standing.taken)
  headers[windowHeader] = String(standing.windowBytes)
  return { headers, body: nothing }
}

export function readStanding(frame: Frame): Standing {
  return {
    said: numberIn(frame, partHeader) ?? 0,
    heard: numberIn(frame, heardHeader) ?? 0,
    taken: numberIn(frame, takenHeader) ?? 0,
    windowBytes: numberIn(frame, windowHeader) ?? 0,
  }
}

/** `mayAnswer`: the other side is to say `gone` when it has it. */
export function writeClose(speaker: Speaker, reason: Closed, said: number, mayAnswer: boolean): Frame {
  const headers = headOf(speaker)
  headers[controlHeader] = 'close'
  headers[codeHeader] = reason.code
  headers[partHeader] = String(said)
  if (mayAnswer) headers[replyHeader] = speaker.inbox
  return {
    headers,
    body: reason.message === undefined ? nothing : utf8.encode(reason.message.slice(0, 1_024)),
  }
}

export function readClose(frame: Frame): { readonly reason: Closed; readonly said: number } {
  const code = codeOf(frame.headers[codeHeader] ?? '')
  const message = text.decode(frame.body.subarray(0, maxTextBytes))
  return {
    reason: message === '' ? { code } : { code, message },
    said: numberIn(frame, partHeader) ?? 0,
  }
}

/** `gone`: the speaker has nothing of this exchange. `again`: it was not begun, and goes to somebody else. */
export function writeRefusal(speaker: Speaker, control: 'gone' | 'again'): Frame {
  const headers = headOf(speaker)
  headers[controlHeader] = control
  return { headers, body: nothing }
}

const isCode = (name: string): name is BusErrorCode => Object.hasOwn(errorTable, name)
const codeOf = (name: string): Closed['code'] => (name === 'DONE' || isCode(name) ? name : 'INTERNAL')
