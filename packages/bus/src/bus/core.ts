/** What all verbs of one bus share. */

import type { Bus } from '../bus.js'
import type { Clock } from '../clock.js'
import type { Deadlines } from '../engine/exchange-deadlines.js'
import { BusError } from '../errors.js'
import type { MakeId } from '../ids.js'
import type { BusMiddleware } from '../middleware.js'
import type { AbortCalls } from '../signal-watch.js'
import type { Message, Transport } from '../transport.js'
import type { Door } from './door.js'
import type { KnownTopics } from './known-topics.js'
import type { StatusBoard } from './status.js'

/** Made once by createBus and handed to every verb. */
export interface Core {
  readonly service: string
  readonly instance: string
  readonly clock: Clock
  readonly random: () => number
  readonly makeId: MakeId
  readonly transport: Transport
  readonly middleware: readonly BusMiddleware[]
  readonly topics: KnownTopics
  readonly status: StatusBoard
  readonly door: Door
  readonly deadlines: Deadlines
  /** For calls of the transport that no caller can cancel; aborts after close(). */
  readonly life: AbortSignal
  /** What the signals of callers end. */
  readonly aborts: AbortCalls
  /** Whatever must be closed before the transport is: subscriptions, replays, lines. */
  readonly open: Set<Closable>
  /** The verbs of a context: what they send carries cause, correlation and trace of the message. */
  causedBy(message: Message): CarriedVerbs
}

/** The verbs that go on from a message. */
export type CarriedVerbs = Pick<Bus, 'publish' | 'send' | 'append' | 'request'>

/** Something that drains. */
export interface Closable {
  close(): Promise<void>
}

/** The refusal of every verb after close(). */
export function closedError(core: Core, what: string): BusError {
  return new BusError('CLOSED', `The bus of "${core.service}" was closed before ${what}.`, {
    outcome: 'rejected',
  })
}
