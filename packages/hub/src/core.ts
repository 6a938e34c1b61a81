/** What all connections of one hub share. */

import type { Clock, Engine, OpenedStore } from 'busbar/transport'
import type { Authenticate } from './auth.js'
import type { AuthPenalty } from './auth-penalty.js'
import type { ChannelBook } from './channel-book.js'
import type { Flush } from './flush.js'
import type { Gate } from './gate.js'
import type { InboundBudget } from './inbound-budget.js'
import type { Limits } from './limits.js'
import type { Log } from './log.js'
import type { Resumable } from './resumable.js'

export interface Core {
  readonly engine: Engine
  /** Undefined: durable channels are refused. */
  readonly store: OpenedStore | undefined
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
  readonly authenticate: Authenticate | undefined
  readonly penalty: AuthPenalty
  readonly gate: Gate
  readonly sessions: Resumable
  readonly channels: ChannelBook
  readonly inbound: InboundBudget
  readonly flush: Flush
  /** Differs after each start. */
  readonly epoch: string
}
