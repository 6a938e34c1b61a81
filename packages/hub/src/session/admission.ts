/** Lets subscriptions in: numbers, patterns, concurrency and limits are checked before the engine hears of them. */

import { type ConsumeSpec, protocolError } from '@busbar/protocol'
import { BusError, type Channel, checkPattern } from 'busbar/transport'
import type { Connection, Subscription } from './connection.js'

/** Handlers that one subscription may ask to run at once. */
const maxConcurrency = 65_536
const maxGroupLength = 256
/** Plain events that may wait for one group; their bytes are bounded besides, but payloads may be empty. */
const maxBufferMessages = 1_000_000

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

/** INVALID_OPTION for a group or a buffer that no honest client asks for: both are kept by the hub. */
export function checkPlace({ group, buffer }: ConsumeSpec): void {
  if (group !== undefined && (group === '' || group.length > maxGroupLength)) {
    throw new BusError('INVALID_OPTION', `A group has a name of 1 to ${maxGroupLength} characters.`)
  }
  if (buffer !== undefined && (buffer.messages < 1 || buffer.messages > maxBufferMessages)) {
    throw new BusError(
      'INVALID_OPTION',
      `buffer.messages must be from 1 to ${maxBufferMessages}, not ${buffer.messages}.`,
    )
  }
}

export function checkConcurrency(concurrency: number): void {
  if (concurrency < 1 || concurrency > maxConcurrency) {
    throw new BusError(
      'INVALID_OPTION',
      `concurrency must be from 1 to ${maxConcurrency}, not ${concurrency}.`,
    )
  }
}
