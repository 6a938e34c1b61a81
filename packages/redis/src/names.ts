/** What channels, links and lines are called at the server. */

import type { Channel } from 'busbar/transport'

/** The stream of a channel; every other key of it begins like this. One hash slot, as the braces say. */
export function baseOf(prefix: string, channel: { readonly name: string }): string {
  return `${prefix}:{${channel.name}}`
}

/** Where a link is reached by Pub/Sub. */
export function linkName(prefix: string, link: string): string {
  return `${prefix}:link:${link}`
}

/** The pattern that every address of a channel matches. */
export function allOf(channel: Pick<Channel, 'name' | 'params'>): string {
  return channel.name + '.*'.repeat(channel.params.length)
}

/** A group and its pattern are one line: two ways to ask for everything are the same. */
export function lineOf(channel: Pick<Channel, 'name' | 'params'>, group: string, pattern: string): string {
  const all = allOf(channel)
  return pattern === all || pattern === `${channel.name}.**` ? group : `${group} ${pattern}`
}

/** Of a queue without order, priority and time to live nothing but age decides who is next. */
export function isStraight({ kind, guarantees: { ordered, priority, ttlMs } }: Channel): boolean {
  return kind === 'queue' && !ordered && !priority && ttlMs === undefined
}

/** What the scripts must know of a channel, as JSON. */
export function scriptSettings({ name, kind, guarantees }: Channel): string {
  return JSON.stringify({
    name,
    kind,
    ordered: guarantees.ordered,
    priority: guarantees.priority,
    ttl: guarantees.ttlMs,
    lease: guarantees.leaseMs,
    attempts: guarantees.retry.attempts,
    dedupe: guarantees.dedupeMs,
    keepMs: guarantees.keepMs,
    keepCount: guarantees.keepCount,
    keepBytes: guarantees.keepBytes,
  })
}
