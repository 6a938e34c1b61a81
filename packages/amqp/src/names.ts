/** What channels are called at the broker. */

import type { Channel } from 'busbar/transport'
import type { Naming } from './options.js'

/** `prod.airport.landed`: the address that a channel is published to, and of a queue its queue. */
export function addressOf({ prefix }: Naming, channel: Pick<Channel, 'name'>): string {
  return prefix + channel.name
}

/** Where the dead letters of a channel are kept. No channel's own name holds a slash. */
export function deadAddressOf(naming: Naming, channel: Pick<Channel, 'name'>): string {
  return `${addressOf(naming, channel)}/dead`
}

/** Where links hear from their exchanges; all of them together are named with `#` for the token. */
export function inboxOf({ prefix }: Naming, token: string): string {
  return `${prefix}busbar.inbox.${token}`
}

const servingMark = '/serve'

/** The queue of those who serve a pattern of a request or a pair: `airport.handover/serve/v1`. */
export function servingQueueOf(naming: Naming, channel: Channel, pattern: string): string {
  const rest = patternTail(channel, pattern)
  const name = addressOf(naming, channel) + servingMark
  return rest === undefined ? name : `${name}/${rest.map(tokenName).join('.')}`
}

/** The pattern that a queue of `servingQueueOf` stands for; undefined for other queues. */
export function servedPattern(naming: Naming, channel: Channel, queue: string): string | undefined {
  const name = addressOf(naming, channel) + servingMark
  if (queue === name) return [channel.name, ...channel.params.map(() => '*')].join('.')
  if (!queue.startsWith(`${name}/`)) return undefined
  const tokens = queue.slice(name.length + 1).split('.')
  return [channel.name, ...tokens.map((token) => tame[token] ?? decodeURIComponent(token))].join('.')
}

/**
 * The queue of a group: `airport.landed/@billing`, with its pattern behind it if that is not everything, since a group
 * is its name and its pattern: `airport.landed/@billing/KL.+`.
 */
export function groupQueueOf(naming: Naming, channel: Channel, group: string, pattern: string): string {
  const rest = patternTail(channel, pattern)
  const name = `${addressOf(naming, channel)}/@${encodeURIComponent(group)}`
  return rest === undefined ? name : `${name}/${rest.map(tokenName).join('.')}`
}

const wild: Readonly<Record<string, string>> = { '*': '+', '**': '++' }
const tame: Readonly<Record<string, string>> = { '+': '*', '++': '**' }
/** A plus sign is not left alone by the encoding, so nothing else looks like a wildcard. */
const tokenName = (token: string): string => wild[token] ?? encodeURIComponent(token)

/** The name of a queue behind its address, as a receiver asks for it. */
export function qualified(address: string, queue: string): string {
  return `${address}::${queue}`
}

/** The tokens of a pattern that follow the channel's name; undefined when it lets everything in. */
function patternTail({ name, params }: Channel, pattern: string): readonly string[] | undefined {
  if (pattern === name) return undefined
  const rest = pattern.slice(name.length + 1).split('.')
  const isAll = rest.every((token) => token === '*' || token === '**')
  return isAll && (rest.length === params.length || rest.at(-1) === '**') ? undefined : rest
}

/**
 * A JMS selector on the subject of messages, which is the path; undefined when everything matches. Exact for messages
 * of the channel, whose paths have as many tokens as it has parameters; others are sorted out at the consumer.
 */
export function selectorOf(channel: Channel, pattern: string): string | undefined {
  const rest = patternTail(channel, pattern)
  if (rest === undefined) return undefined
  const isExact = !rest.includes('*') && !rest.includes('**')
  if (isExact) return `JMSType = ${quoted(rest.join('.'))}`
  const like = rest.map((token) => (token in wild ? '%' : token.replace(/[%_\\]/g, '\\$&'))).join('.')
  return `JMSType LIKE ${quoted(like)} ESCAPE '\\'`
}

/** A text in a selector. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
