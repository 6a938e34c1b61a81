/** What a bus tells about itself: its connection, and troubles worth a log line. */

import { EventEmitter } from 'eventemitter3'
import type { BusEvents, BusStatus, Trouble } from '../bus.js'
import type { LinkState } from '../transport.js'
import { tell } from './listener.js'

/** The writing side of {@link BusStatus}. */
export interface StatusBoard extends BusStatus {
  move(state: LinkState | 'closed', reason: string | undefined): void
  report(trouble: Trouble): void
}

type Listener = (...args: readonly unknown[]) => unknown

/** Gives a board whose listeners can neither throw into the bus nor keep the other listeners from hearing. */
export function createStatus(): StatusBoard {
  const emitter = new EventEmitter<Record<keyof BusEvents, Listener>>()
  let current: LinkState | 'closed' = 'connected'
  let refused = 0
  return {
    get state() {
      return current
    },
    get refused() {
      return refused
    },
    on(event, listener) {
      // The emitter's listeners are untyped inside this file; the arguments below are those of BusEvents.
      const heard = guarded(listener as Listener)
      emitter.on(event, heard)
      return () => void emitter.off(event, heard)
    },
    move(state, reason) {
      if (state === current || current === 'closed') return
      current = state
      emitter.emit('state', state, reason)
    },
    report(trouble) {
      if (trouble.code === 'SCHEMA_INVALID') refused += 1
      emitter.emit('trouble', trouble)
    },
  }
}

function guarded(listener: Listener): Listener {
  // What it throws has nobody to go to: telling of trouble in telling of trouble could go on for ever.
  return (...args) =>
    tell(
      () => listener(...args),
      () => undefined,
    )
}
