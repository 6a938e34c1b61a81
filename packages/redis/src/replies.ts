/** Answers of the server, read with care: what is not as expected is INTERNAL, never a wrong value. */

import { BusError } from 'busbar/transport'

/** Bytes come as buffers, statuses as text. */
export type Reply = number | string | Buffer | null | readonly Reply[] | { readonly [name: string]: Reply }

export function numberIn(reply: Reply | undefined): number {
  if (typeof reply === 'number') return reply
  throw unexpected('a number')
}

export function textIn(reply: Reply | undefined): string {
  if (typeof reply === 'string') return reply
  if (Buffer.isBuffer(reply)) return reply.toString()
  throw unexpected('text')
}

export function bytesIn(reply: Reply | undefined): Uint8Array {
  if (Buffer.isBuffer(reply)) return new Uint8Array(reply.buffer, reply.byteOffset, reply.byteLength)
  throw unexpected('bytes')
}

export function listIn(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply
  throw unexpected('a list')
}

/** A flat list of names and values. */
export function pairsIn(reply: Reply | undefined): Map<string, Reply> {
  const list = listIn(reply)
  const pairs = new Map<string, Reply>()
  for (let at = 0; at + 1 < list.length; at += 2) pairs.set(textIn(list[at]), list[at + 1] ?? null)
  return pairs
}

function unexpected(wanted: string): BusError {
  return new BusError('INTERNAL', `The server answered with something else than ${wanted}.`)
}
