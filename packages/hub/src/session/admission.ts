/** Lets subscriptions in: numbers, patterns, concurrency and limits are checked before the engine hears of them. */

import { protocolError } from '@busbar/protocol'
import { BusError, type Channel, checkPattern } from 'busbar/transport'
import type { Connection, Subscription } from './connection.js'

/** Handlers that one subscription may ask to run at once. */
const maxConcurrency = 65_536

/** LIMIT_EXCEEDED beyond maxSubscriptions; a number that is in use ends the connection. */
export function addSubscription(connection: Connection, id: number, make: () => Subscription): void {
  const { subscriptions, core, draining } = connection
  if (subscriptions.has(id)) throw protocolError(`Subscription ${id} exists on this connection`)
  if (draining) throw new BusError('CLOSED', 'The hub is shutting down.')
  if (subscriptions.size >= core.limits.maxSubscriptions)
    throw limitExceeded('maxSubscriptions', core.limits.maxSubscriptions)
  subscriptions.set(id, make())
}

export function limitExceeded(limit: string, value: number): BusError {
  return new BusError('LIMIT_EXCEEDED', `This connection has reached ${limit} (${value}).`, {
    outcome: 'rejected',
    details: { limit, value },
  })
}

/** INVALID_TOPIC unless the pattern is one of the channel's addresses with wildcards. */
export function checkSubscribePattern({ name, params }: Channel, pattern: string): void {
  checkPattern(pattern)
  if (pattern !== name && !pattern.startsWith(`${name}.`)) {
    throw new BusError('INVALID_TOPIC', `A pattern for ${name} does not begin with its name.`)
  }
  const tokens = pattern === name ? [] : pattern.slice(name.length + 1).split('.')
  const fits = tokens.at(-1) === '**' ? tokens.length <= params.length : tokens.length === params.length
  if (!fits)
    throw new BusError('INVALID_TOPIC', `A pattern for ${name} needs ${params.length} tokens after the name.`)
}

export function checkConcurrency(concurrency: number): void {
  if (concurrency < 1 || concurrency > maxConcurrency) {
    throw new BusError(
      'INVALID_OPTION',
      `concurrency must be from 1 to ${maxConcurrency}, not ${concurrency}.`,
    )
  }
}
