/** The names under which exchanges carry what is theirs; all other headers are the user's or the broker's. */

import { BusError } from 'busbar/transport'
import type { Frame } from './lanes.js'

/** Id of the exchange, chosen by its opener. */
export const exchangeHeader = 'busbar-exchange'
/** Inbox of the one who speaks. */
export const replyHeader = 'busbar-reply'
/** `opener` on what the opener says after the opening; the acceptor says nothing of the kind. */
export const sideHeader = 'busbar-side'
/** What the frame is for, if it is not a part. */
export const controlHeader = 'busbar-control'
/** Time that is left, in ms. */
export const timeoutHeader = 'busbar-timeout'
/** What the speaker takes before it has handed it on, in bytes. */
export const windowHeader = 'busbar-window'
/** Number of this part; on a control frame how many the speaker has said. */
export const partHeader = 'busbar-part'
/** How many parts the speaker has heard without a gap. */
export const heardHeader = 'busbar-heard'
/** How many of them it is done with. */
export const takenHeader = 'busbar-taken'
/** `1` on the last part of a side. */
export const endHeader = 'busbar-end'
/** Name of the declared error whose data is the body. */
export const failureHeader = 'busbar-failure'
/** How the exchange ended. */
export const codeHeader = 'busbar-code'
export const mediaHeader = 'content-type'

/** A number of the other side; undefined when it is not there. PROTOCOL_ERROR when it is none. */
export function numberIn({ headers }: Frame, name: string): number | undefined {
  const text = headers[name]
  if (text === undefined) return undefined
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value)) throw new BusError('PROTOCOL_ERROR', `The header ${name} is no number.`)
  return value
}
