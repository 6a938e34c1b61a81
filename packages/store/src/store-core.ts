/** What the journals of one store share: the disk, the end of the turn, and the one failure that ends them all. */

import { BusError } from 'busbar/transport'
import type { Disk } from './disk.js'
import type { Log } from './log.js'
import type { SpaceWatch } from './space-watch.js'

/** Something that has work to do at the end of the turn. */
export interface TurnEnd {
  turnEnd(): void
}

export interface CoreOptions {
  readonly disk: Disk
  readonly log: Log
  readonly segmentBytes: number
  readonly schedule: (fn: () => void) => void
}

export class StoreCore {
  readonly disk: Disk
  readonly log: Log
  readonly segmentBytes: number
  /** Set once; from then on nothing is written or synced. */
  failure: BusError | undefined
  readonly failed: Promise<BusError>
  private readonly schedule: (fn: () => void) => void
  private tellFailed: (failure: BusError) => void = () => {}
  private dirty = new Set<TurnEnd>()

  constructor(
    options: CoreOptions,
    readonly space: SpaceWatch,
  ) {
    this.disk = options.disk
    this.log = options.log
    this.segmentBytes = options.segmentBytes
    this.schedule = options.schedule
    this.failed = new Promise((resolve) => {
      this.tellFailed = resolve
    })
  }

  /** Has `turnEnd` called once at the end of this turn. */
  soon(one: TurnEnd): void {
    if (this.dirty.size === 0) this.schedule(this.endTurn)
    this.dirty.add(one)
  }

  /** Ends everything: what the disk says from now on cannot be trusted. */
  fail(error: unknown, path: string): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.end(error, path, `The disk failed at ${path}`, reason)
  }

  /** The same: a record that was on disk when the store was opened is not what it was. */
  damaged(error: BusError, dir: string): void {
    const { file = dir, position = 0 } = error.details
    this.end(error, String(file), 'A record was damaged while it was in use', `${file} at byte ${position}`)
  }

  private end(error: unknown, path: string, what: string, reason: string): void {
    if (this.failure !== undefined) return
    this.failure = new BusError('STORE_FAILED', `${what}: ${reason}.`, {
      cause: error,
      outcome: 'unknown',
      details: { path },
    })
    this.log('error', 'store-failed', { path, reason })
    this.space.changed()
    this.tellFailed(this.failure)
  }

  private readonly endTurn = (): void => {
    const all = this.dirty
    this.dirty = new Set()
    for (const one of all) one.turnEnd()
  }
}
