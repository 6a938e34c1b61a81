/** What the rooms of one connection share once it is ready. */

import type { FrameReader } from '@busbar/protocol'
import { protocolError, wireErrorOf, writeFail } from '@busbar/protocol'
import { BusError, type Channel, isBusError } from 'busbar/transport'
import type { Core } from '../core.js'
import { type Action, can } from '../permission.js'
import type { Exchanges } from './exchanges.js'
import type { Outbox } from './outbox.js'

export interface Connection {
  readonly core: Core
  /** Counts up per hub, for logs. */
  readonly number: number
  readonly principal: string
  readonly outbox: Outbox
  /** Channels by the number that the client gave them. */
  readonly channels: Map<number, Channel>
  /** Consumers and acceptors by theirs. */
  readonly subscriptions: Map<number, Subscription>
  readonly exchanges: Exchanges
  /** The client reads how often a message was handed out. */
  readonly readsAcquired: boolean
  /** No deliveries or offers begin any more. */
  draining: boolean
  /** Something ended that close() may be waiting for. */
  settled(): void
}

/** A consumer or an acceptor. */
export interface Subscription {
  /** Nothing new begins; OK is the answer once the last that began is written. */
  stop(request: number | undefined): void
  /** Forgets it; what is open goes back to the others. */
  leave(how: { readonly failed: boolean }): void
  /** The peer takes bytes again. */
  drained(): void
  /** Messages that the client has to settle. */
  readonly claims: number
}

/** Finds an interned channel; PROTOCOL_ERROR for a number that was never declared. */
export function channelOf(connection: Connection, channelId: number): Channel {
  const channel = connection.channels.get(channelId)
  if (channel === undefined) throw protocolError(`Channel ${channelId} was not declared on this connection`)
  return channel
}

/** PERMISSION_DENIED unless this principal may do that. */
export function permit(connection: Connection, action: Action, address: string): void {
  if (!can(connection.principal, action, address)) {
    throw new BusError(
      'PERMISSION_DENIED',
      `${connection.principal} may not ${action} ${JSON.stringify(address.slice(0, 80))}.`,
      { outcome: 'rejected' },
    )
  }
}

/** INVALID_TOPIC when the kind of the channel does not know the verb. */
export function expectKind(channel: Channel, verb: string, ...kinds: readonly Channel['kind'][]): void {
  if (!kinds.includes(channel.kind)) {
    throw new BusError('INVALID_TOPIC', `${channel.name} is of kind ${channel.kind}, which has no ${verb}.`)
  }
}

/** Runs what a client asked for and answers FAIL if it cannot be done; malformed frames still end the connection. */
export function answering(connection: Connection, request: number, act: () => void): void {
  try {
    act()
  } catch (error) {
    if (isBusError(error, 'PROTOCOL_ERROR')) throw error
    writeFail(connection.outbox.frames, request, wireErrorOf(error))
    connection.outbox.written()
    reportDefect(connection, error)
  }
}

/** Answers at once, or on a durable channel when everything that was told about it is on disk. */
export function answeringStored(
  connection: Connection,
  channel: Channel,
  request: number,
  act: () => void,
): void {
  if (!channel.guarantees.durable) {
    answering(connection, request, act)
    return
  }
  connection.core.engine.flushed(channel).then(
    () => answering(connection, request, act),
    (error: unknown) =>
      answering(connection, request, () => {
        throw error
      }),
  )
}

/** Anything but a BusError is a defect of the hub and is logged; its message may hold data, so only its name is. */
export function reportDefect({ core, number }: Connection, error: unknown): void {
  if (error instanceof BusError) return
  core.log('error', 'internal-error', {
    connection: number,
    error: error instanceof Error ? error.name : typeof error,
  })
}

/** A room's way to read: the body and the flags of one frame. */
export type Handle = (body: FrameReader, flags: number) => void
