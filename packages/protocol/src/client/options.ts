/** What a client session is made of: the wire's dial function and its limits, with defaults. */

import { BusError } from 'busbar/transport'
import type { Dial } from '../link.js'

/** What users may set on any wire of the hub. */
export interface SessionLimits {
  /** How long the first connection is tried, in ms; default 5,000. Later ones are tried until close(). */
  readonly connectTimeoutMs?: number
  /** Publishes that may wait locally while the hub is away or behind; default 10,000. QUEUE_FULL beyond. */
  readonly maxQueuedMessages?: number
  /** Their payload bytes; default 16 MiB. */
  readonly maxQueuedBytes?: number
}

export interface SessionOptions extends SessionLimits {
  /** `tcp` or `websocket`, for messages. */
  readonly name: string
  /** For messages; must not hold secrets. */
  readonly url: string
  readonly token: string | undefined
  readonly dial: Dial
  /** Runs `fn` after the current work of the process, for joining what is sent meanwhile; default queueMicrotask. */
  readonly defer?: (fn: () => void) => void
  /** Runs `fn` after other I/O had its turn; default a timer of 0 ms. */
  readonly yieldTurn?: (fn: () => void) => void
}

const defaults = {
  connectTimeoutMs: 5_000,
  maxQueuedMessages: 10_000,
  maxQueuedBytes: 16 * 1024 * 1024,
} as const

/** Every option with its value; INVALID_OPTION for a limit that is not a positive number. */
export function limitsOf(options: SessionLimits): Required<SessionLimits> {
  const limits = {
    connectTimeoutMs: options.connectTimeoutMs ?? defaults.connectTimeoutMs,
    maxQueuedMessages: options.maxQueuedMessages ?? defaults.maxQueuedMessages,
    maxQueuedBytes: options.maxQueuedBytes ?? defaults.maxQueuedBytes,
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!(value > 0)) throw new BusError('INVALID_OPTION', `${name} is ${value}; it must be above 0.`)
  }
  return limits
}
