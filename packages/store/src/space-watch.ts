/** Refuses new messages before the disk is full, so that there is always room for what ends them. */

import { BusError, type Clock, type Timer } from 'busbar/transport'
import { type Disk, errorCode } from './disk.js'
import type { Log } from './log.js'

const checkMs = 500
/** Also checked after so many bytes, as a fast disk fills quickly. */
const checkBytes = 16 * 1024 * 1024

export interface SpaceOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Log
  readonly dir: string
  readonly minFreeBytes: number
  /** Called after each change of whether and why new messages are refused. */
  readonly onChange: () => void
}

export class SpaceWatch {
  /** Why nothing new is taken in. */
  refusal: BusError | undefined
  /** What could not be written for want of room, to be tried again. */
  private readonly stuck = new Set<() => void>()
  private freeBytes = Number.POSITIVE_INFINITY
  private checkedAt = Number.NEGATIVE_INFINITY
  private bytesSince = 0
  private timer: Timer | undefined
  private isClosed = false

  constructor(private readonly options: SpaceOptions) {
    this.check()
  }

  /** Looks again if the last look is too long ago. */
  glance(): void {
    if (this.options.clock.monotonic() - this.checkedAt >= checkMs) this.check()
  }

  wrote(bytes: number): void {
    this.bytesSince += bytes
    if (this.bytesSince >= checkBytes) this.check()
    else this.glance()
  }

  /** Has `retry` called from time to time until `unstick` is. */
  stick(retry: () => void): void {
    if (this.stuck.has(retry)) return
    this.stuck.add(retry)
    this.update()
  }

  unstick(retry: () => void): void {
    if (this.stuck.delete(retry)) this.update()
  }

  changed(): void {
    this.options.onChange()
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
  }

  private check(): void {
    const { disk, clock, dir } = this.options
    this.checkedAt = clock.monotonic()
    this.bytesSince = 0
    try {
      this.freeBytes = disk.freeBytes(dir)
    } catch (error) {
      // A file system that cannot tell is no reason to refuse: a real lack of room still shows when writing.
      this.options.log('warn', 'store-space-unknown', { dir, reason: errorCode(error) })
      this.freeBytes = Number.POSITIVE_INFINITY
    }
    this.update()
  }

  private update(): void {
    const { minFreeBytes, log, dir } = this.options
    const was = this.refusal
    // Once refused, a sixteenth more must be free, or the state would flap around the mark.
    const mark = was === undefined ? minFreeBytes : minFreeBytes + minFreeBytes / 16
    const isRefused = this.stuck.size > 0 || this.freeBytes < mark
    if (isRefused) this.arm()
    if (isRefused === (was !== undefined)) return
    const fields = { dir, freeBytes: this.freeBytes, minFreeBytes }
    if (isRefused) log('warn', 'store-full', fields)
    else log('info', 'store-has-room', fields)
    this.refusal = isRefused ? this.storeFull() : undefined
    this.changed()
  }

  private storeFull(): BusError {
    const { dir, minFreeBytes } = this.options
    const what =
      this.stuck.size > 0
        ? `The disk of ${dir} has no room left`
        : `${dir} has ${this.freeBytes} bytes free, and ${minFreeBytes} are to stay free`
    return new BusError('STORE_FULL', `${what}.`, {
      outcome: 'rejected',
      details: { dir, freeBytes: this.freeBytes, minFreeBytes },
    })
  }

  private arm(): void {
    if (this.timer !== undefined || this.isClosed) return
    this.timer = this.options.clock.after(checkMs, () => {
      this.timer = undefined
      for (const retry of [...this.stuck]) retry()
      this.check()
    })
  }
}
