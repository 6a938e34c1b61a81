/** A message as JetStream hands it out: where it is kept, how often it came, and the four words about it. */

import type { Msg } from '@nats-io/transport-node'

export interface Handed {
  readonly msg: Msg
  /** Its place in the stream, from 1. */
  readonly sequence: number
  /** How often it was handed out, this time included. */
  readonly deliveries: number
  /** Wall time of the server in ms when it was stored. */
  readonly storedAt: number
  /** What follows it in the stream. */
  readonly pending: number
}

/** Undefined for a status, or what is no JetStream message. */
export function handed(msg: Msg): Handed | undefined {
  const tokens = msg.reply?.split('.') ?? []
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9) return undefined
  // Newer servers put domain and account before the name of the stream.
  const at = tokens.length === 9 ? 4 : 6
  const number = (offset: number): number => Number(tokens[at + offset])
  return {
    msg,
    deliveries: number(0),
    sequence: number(1),
    storedAt: Math.floor(number(3) / 1e6),
    pending: number(4),
  }
}

const encoder = new TextEncoder()
const words = {
  done: encoder.encode('+ACK'),
  term: encoder.encode('+TERM'),
  working: encoder.encode('+WPI'),
} as const

/** `term`: done for good, told to whoever watches the server's advisories. */
export function wordOf(what: keyof typeof words): Uint8Array {
  return words[what]
}

/** Back to the stream; not before `afterMs`. */
export function nak(afterMs: number): Uint8Array {
  return encoder.encode(afterMs > 0 ? `-NAK {"delay":${Math.round(afterMs * 1e6)}}` : '-NAK')
}
