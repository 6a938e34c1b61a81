/** What channels, groups and addresses are called at the broker. Names stay within the 255 bytes that AMQP allows. */

import { createHash } from 'node:crypto'
import type { Channel } from 'busbar/transport'

const maxNameBytes = 255
/** Below this a token would be all hash; channels with that many or that long parts are routed as a whole. */
const minTokenBytes = 24

type Named = Pick<Channel, 'name' | 'params'>

/** Long text as its beginning and a hash of all of it. */
export function shorten(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12)
  let head = text.slice(0, bytes - hash.length - 1)
  while (Buffer.byteLength(head) > bytes - hash.length - 1) head = head.slice(0, -1)
  return `${head}~${hash}`
}

export interface Names {
  /** The exchange of every channel, and the queue of a queue. */
  channel(channel: Named): string
  /** The durable queue, or the shared queue of plain events, of a group and a pattern. */
  group(channel: Named, group: string, pattern: string): string
  dead(channel: Named): string
  /** The exchange that routes requests and pairs by address. */
  routes(channel: Named): string
  /** The queue of those who serve a pattern. */
  serving(channel: Named, pattern: string): string
  /** A queue of one consumer, gone with its connection. */
  private(channel: Named, token: string): string
  inbox(token: string): string
  readonly delayExchange: string
  delayQueue(ms: number): string
  /** Held while dead letters are looked at. */
  lock(channel: Named): string
  /** The routing key of a message: its address, long parts shortened. */
  routingKey(channel: Named, address: string): string
  /** The same for a pattern, in the broker's own wildcards; may let in more than the pattern does. */
  bindingKey(channel: Named, pattern: string): string
}

export function createNames(prefix: string): Names {
  const full = (name: string): string => shorten(prefix + name, maxNameBytes)
  /** The room for each part of a path, 0 when there is too little. */
  const roomOf = ({ name, params }: Named): number => {
    if (params.length === 0) return 0
    const room = Math.floor((maxNameBytes - Buffer.byteLength(name)) / params.length) - 1
    return room < minTokenBytes ? 0 : room
  }
  const short = (channel: Named): string => shorten(channel.name, maxNameBytes)
  const keyOf = (channel: Named, address: string, token: (token: string, room: number) => string): string => {
    const room = roomOf(channel)
    if (room === 0 || address.length <= channel.name.length) return short(channel)
    const path = address.slice(channel.name.length + 1).split('.')
    return [channel.name, ...path.map((part) => token(part, room))].join('.')
  }
  const pathOf = (channel: Named, pattern: string): string =>
    isWhole(channel, pattern) ? '' : `:${pattern.slice(channel.name.length + 1)}`
  return {
    channel: ({ name }) => full(name),
    group: (channel, group, pattern) => full(`${channel.name}:group:${group}${pathOf(channel, pattern)}`),
    dead: ({ name }) => full(`${name}:dead`),
    routes: ({ name }) => full(`${name}:routes`),
    serving: (channel, pattern) => full(`${channel.name}:serve${pathOf(channel, pattern)}`),
    private: ({ name }, token) => full(`${name}:each:${token}`),
    inbox: (token) => full(`inbox:${token}`),
    delayExchange: full('delay'),
    delayQueue: (ms) => full(`delay:${ms}`),
    lock: ({ name }) => full(`${name}:dead:lock`),
    routingKey: (channel, address) => keyOf(channel, address, shorten),
    bindingKey: (channel, pattern) => keyOf(channel, pattern, bindingToken),
  }
}

/** Whether a pattern lets in every address of the channel. */
export function isWhole({ name, params }: Named, pattern: string): boolean {
  if (pattern === name || pattern === `${name}.**`) return true
  return params.length > 0 && pattern === `${name}${'.*'.repeat(params.length)}`
}

/** `#` of the broker stands for none too, which is why `*` comes before it. */
function bindingToken(token: string, room: number): string {
  if (token === '**') return '*.#'
  // As data in an address it is a wildcard in a binding, so this lets in too much and is looked at again later.
  if (token === '#') return '*'
  return shorten(token, room)
}
