/** What a call asks of the wire of its topic, beyond what the topic's guarantees say. */

import {
  BusError,
  type Channel,
  type Command,
  type ConsumeRequest,
  type PublishRequest,
  requireFeature,
  type Transport,
} from 'busbar/transport'

/** UNSUPPORTED when the wire of this topic has no delays, INVALID_OPTION when it has none that long. */
export function requireForPublish({ channel, delayMs }: PublishRequest, wire: Transport): void {
  if (delayMs === undefined) return
  requireFeature(channel, wire, 'queue.delay', 'a delayed send')
  const { maxDelayMs } = wire.capabilities.limits
  if (delayMs <= maxDelayMs) return
  throw new BusError('INVALID_OPTION', `On "${channel.name}" delayMs must be from 0 to ${maxDelayMs}.`, {
    outcome: 'rejected',
    details: { topic: channel.name },
  })
}

/** UNSUPPORTED when the wire of this topic cannot serve such a consumer. */
export function requireForConsume({ channel, group, start, buffer }: ConsumeRequest, wire: Transport): void {
  const { kind } = channel
  if (kind === 'event' && group === undefined)
    requireFeature(channel, wire, 'event.each', 'a copy for each instance')
  if (kind === 'event' && group !== undefined) requireFeature(channel, wire, 'event.groups', 'groups')
  if (kind === 'stream' && group !== undefined) requireFeature(channel, wire, 'stream.groups', 'groups')
  if (typeof start === 'object') {
    if ('offset' in start) requireFeature(channel, wire, 'stream.offset', 'reading from an offset')
    else requireFeature(channel, wire, 'stream.time', 'reading from a time')
  }
  if (buffer?.overflow === 'block') {
    requireFeature(channel, wire, 'event.block', 'publishers that wait for slow subscribers')
  }
}

/** UNSUPPORTED when the wire of this topic cannot be asked that. */
export function requireForManage(channel: Channel, { op }: Command, wire: Transport): void {
  if (op === 'inspect' || op === 'purge') requireFeature(channel, wire, 'inspect', `${op}()`)
  else requireFeature(channel, wire, 'deadletters', 'dead letters')
}
