/** What the author of a transport writes to have it tested. */

import type { Clock, Host, Transport } from 'busbar/transport'

export interface Harness {
  /** Heading of the report; the suite never looks at it. */
  readonly name: string
  /**
   * Starts the broker, or finds it; rejects when there is none. Called again, after the world before was disposed of,
   * for each chapter that restarts it.
   */
  start(): Promise<World>
  /** Cases that fail for a known reason. An entry that passes fails the run. */
  readonly knownFailures?: readonly KnownFailure[]
}

export interface KnownFailure {
  /** Id of the case. */
  readonly case: string
  readonly reason: string
  readonly issue: string
}

/** One broker, shared by many cases; every case uses topics of its own. */
export interface World extends AsyncDisposable {
  /** A fresh link to the same broker. */
  connect(host: Host): Promise<Transport>
  /** The clock that the broker runs on; default: the system's. */
  readonly clock?: Clock
  /** Cuts all links; they can be made again when this resolves. */
  interrupt?(): Promise<void>
  /**
   * Ends the broker and starts it anew at the same place, with what it kept. Links made before may be dead afterwards,
   * if the transport does not claim to reconnect.
   */
  restart?(): Promise<void>
}

/** What a world may be able to do besides connecting. */
export type Ability = 'interrupt' | 'restart'
