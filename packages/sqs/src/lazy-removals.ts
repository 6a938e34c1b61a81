/** Deletes plain events a little later, ten at a time: each request counts, and they are hidden for long enough. */

import type { Clock, Timer } from 'busbar/transport'
import { batchSize } from './batches.js'
import type { Line } from './lines.js'

const lingerMs = 50

export class LazyRemovals {
  private handles: string[] = []
  private timer: Timer | undefined

  constructor(
    private readonly clock: Clock,
    private readonly line: Line,
    /** A FIFO queue gives nothing more of a publisher before that. */
    private readonly isUrgent: boolean,
  ) {}

  add(handle: string): void {
    this.handles.push(handle)
    if (this.isUrgent || this.handles.length >= batchSize) this.flush()
    else this.timer ??= this.clock.after(lingerMs, () => this.flush())
  }

  /** At most once: what cannot be deleted may come again after the time it is hidden for. */
  flush(): void {
    this.timer?.cancel()
    this.timer = undefined
    for (const handle of this.handles.splice(0)) this.line.removals.add(handle).catch(() => {})
  }
}
