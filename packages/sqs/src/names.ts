/** What a channel's queues are called: legal, readable, and never the same for two channels. */

import { createHash } from 'node:crypto'

/** The roles a queue can have for its channel. */
export type Role =
  | { readonly is: 'main' }
  | { readonly is: 'dead' }
  | { readonly is: 'group'; readonly group: string }
  | { readonly is: 'each'; readonly id: string }

/** SQS allows 80 characters: prefix and `__`, base, role, `.fifo`. */
const lengths = { prefix: 12, base: 34, tail: 19 } as const
const fifo = '.fifo'

/** Options are checked against this form. */
export const prefixForm = new RegExp(`^[A-Za-z0-9-]{1,${lengths.prefix}}$`)

/**
 * Dots become underscores; a text with other characters, or one that is too long, is shortened and ends in a hash of
 * what it was. A single underscore thus always stands for a dot, and two of them for the border of a part.
 */
function encode(text: string, longest: number): string {
  const plain = text.replaceAll('.', '_')
  if (/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(text) && plain.length <= longest) return plain
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 10)
  const readable = plain.replace(/[^A-Za-z0-9-]+/g, '_').replace(/^_+/, '')
  return `${readable.slice(0, longest - 11).replace(/_+$/, '')}_${hash}`
}

/** Every queue of the channel begins with this. */
export function baseOf(prefix: string | undefined, channel: string): string {
  return (prefix === undefined ? '' : `${prefix}__`) + encode(channel, lengths.base)
}

/** The part of a queue's name that stands for a group. */
const groupName = (group: string): string => encode(group, lengths.tail)

/** The whole name of a queue. */
export function nameOf(base: string, role: Role, isFifo: boolean): string {
  const end = isFifo ? fifo : ''
  if (role.is === 'main') return base + end
  if (role.is === 'dead') return `${base}__dead${end}`
  if (role.is === 'group') return `${base}__for__${groupName(role.group)}${end}`
  return `${base}__each__${role.id}${end}`
}

/** Which role a queue has for the base; undefined when it belongs to another channel that begins alike. */
export function roleOf(
  base: string,
  name: string,
): { readonly is: Role['is']; readonly isFifo: boolean } | undefined {
  if (!name.startsWith(base)) return undefined
  const isFifo = name.endsWith(fifo)
  const rest = name.slice(base.length, isFifo ? -fifo.length : undefined)
  if (rest === '') return { is: 'main', isFifo }
  if (rest === '__dead') return { is: 'dead', isFifo }
  if (rest.startsWith('__for__')) return { is: 'group', isFifo }
  if (rest.startsWith('__each__')) return { is: 'each', isFifo }
  return undefined
}

/** The name at the end of a queue's URL. */
export const nameInUrl = (url: string): string => url.slice(url.lastIndexOf('/') + 1)

/** Where SQS wants up to 128 letters, digits and punctuation; other texts are hashed. */
export function tokenOf(text: string): string {
  return /^[!-~]{1,128}$/.test(text) ? text : createHash('sha256').update(text).digest('hex')
}
