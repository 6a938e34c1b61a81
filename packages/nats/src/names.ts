/** Names at the server: subjects are addresses with the prefix before them, streams and consumers are safe for files. */

import type { Channel } from 'busbar/transport'

/** What is Busbar's own, beside the subjects that are addresses. */
const own = 'busbar'

export interface Names {
  /** Where messages of an address are published. */
  subject(address: string): string
  /** What a pattern of addresses is on NATS. */
  filter(pattern: string): string
  /** Every subject of a channel. */
  all(channel: Channel): string
  /** The address that a subject stands for. */
  address(subject: string): string
  /** Where delayed messages of a channel wait. */
  later(channel: Channel): string
  /** Where events go that are meant for one group again. */
  again(channel: Channel): string
  /** Where dead letters of a channel are kept. */
  dead(channel: Channel): string
  /** Where the first failure of a message is kept while it is tried again. */
  failed(channel: Channel, place: string): string
  /** Where those who serve pairs of a channel are asked what they serve. */
  pairs(channel: string): string
  stream(channel: Channel): string
  deadStream(channel: Channel): string
}

/** The name of a durable consumer for a group; members with a pattern of their own are a group of their own. */
export function consumerOf(channel: Channel, group: string, pattern: string): string {
  const all = [channel.name, ...channel.params.map(() => '*')].join('.')
  const isAll = pattern === all || pattern === `${channel.name}.**`
  return isAll ? safe(group) : `${safe(group)}-${safe(pattern)}`
}

export const workers = 'workers'
export const later = 'later'

export function createNames(prefix: string): Names {
  const before = prefix === '' ? '' : `${prefix}.`
  const inner = (what: string, name: string): string => `${before}${own}.${what}.${name}`
  const stream = (channel: Channel): string => safe(before + channel.name)
  return {
    subject: (address) => before + escapeTokens(address),
    filter: (pattern) =>
      before + escapeTokens(pattern.endsWith('.**') ? pattern.slice(0, -3) : pattern) + tail(pattern),
    all: (channel) => before + [channel.name, ...channel.params.map(() => '*')].join('.'),
    address: (subject) => subject.slice(before.length),
    later: (channel) => inner('later', channel.name),
    again: (channel) => inner('again', channel.name),
    dead: (channel) => inner('dead', channel.name),
    failed: (channel, place) => inner('failed', `${channel.name}.${place}`),
    pairs: (channel) => inner('pairs', channel),
    stream,
    deadStream: (channel) => `${stream(channel)}-dead`,
  }
}

const tail = (pattern: string): string => (pattern.endsWith('.**') ? '.>' : '')

/** A token `>` is data in an address and a wildcard in a subject. */
function escapeTokens(text: string): string {
  if (!text.includes('>')) return text
  return text
    .split('.')
    .map((token) => (token === '>' ? '%3E' : token))
    .join('.')
}

/** Dots become `_`, `_` becomes `__`, what no name may have becomes `=` and its code. */
function safe(text: string): string {
  return text.replace(/[^A-Za-z0-9-]/gu, (char) => {
    if (char === '.') return '_'
    return char === '_' ? '__' : `=${char.codePointAt(0)?.toString(16).toUpperCase() ?? ''}`
  })
}
