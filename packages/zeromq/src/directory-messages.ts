/** What links and the directory say to each other, as JSON. */

import { BusError, type BusErrorCode, type Kind } from 'busbar/transport'

/** Something a link takes messages for. */
export interface Entry {
  /** By which the link tells its entries apart. */
  readonly number: number
  readonly channel: string
  readonly kind: Kind
  readonly pattern: string
  readonly group?: string
}

/** All that others need to know of a link. */
export interface Member {
  readonly link: string
  /** Where it takes messages. */
  readonly address: string
  /** Of each channel that it declared. */
  readonly kinds: Readonly<Record<string, Kind>>
  readonly entries: readonly Entry[]
}

export type ToDirectory =
  /** `isNew`: the link knows nothing; it is sent the table first. */
  | { readonly op: 'announce'; readonly n: number; readonly isNew: boolean; readonly member: Member }
  | { readonly op: 'leave'; readonly n: number }
  /** The link acts upon what came with this version. */
  | { readonly op: 'ack'; readonly version: number }
  | { readonly op: 'ping' }

export type FromDirectory =
  | { readonly op: 'table'; readonly epoch: string; readonly members: readonly Member[] }
  | { readonly op: 'member'; readonly version: number; readonly member: Member }
  | { readonly op: 'gone'; readonly link: string }
  /** Every other link knows. `lost`: entries that somebody else has taken meanwhile. */
  | { readonly op: 'announced'; readonly n: number; readonly lost: readonly number[] }
  | { readonly op: 'refused'; readonly n: number; readonly code: BusErrorCode; readonly text: string }
  /** The directory does not know the link, or no longer. */
  | { readonly op: 'unknown' }

/** A link says that it lives. */
export const pingMs = 1_000
/** After so long without a word a link is taken for gone. */
export const silenceMs = 3_500

/** PROTOCOL_ERROR for what is no object with a field `op`; those who hold the token are trusted with the rest. */
export function parse<T extends ToDirectory | FromDirectory>(data: Buffer): T {
  try {
    const value: unknown = JSON.parse(data.toString())
    if (typeof value === 'object' && value !== null && 'op' in value) return value as T
  } catch {
    // Falls through to the error.
  }
  throw new BusError('PROTOCOL_ERROR', 'A message of the directory is no JSON object with an "op".')
}
