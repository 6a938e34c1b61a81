/** How much of what was told to the journal is written and on disk, as far as anybody outside can know. */

import type { World } from './world.js'

export class Knowledge {
  told = 0
  /** The latest that the journal heard for sure. */
  private toldForSure = 0
  private written = 0
  private durable = 0
  /** What was told later cannot reach the disk any more. */
  private last = Number.POSITIVE_INFINITY

  /** `onDurable` is told up to where everything is on disk. */
  constructor(
    private readonly world: World,
    private readonly onDurable: (seq: number) => void,
  ) {}

  /** Number of the next change; nothing needs to be told of groups that nobody keeps. */
  tell(isSure: boolean): number {
    this.told++
    if (isSure) this.toldForSure = this.told
    return this.told
  }

  canReach(seq: number): boolean {
    return seq <= this.last
  }

  /** Everything told up to now is in the hands of the operating system, unless that had no room or failed. */
  wrote(): void {
    if (!this.world.wasFull && !this.world.hasFailed) this.written = this.told
  }

  /** Gives what is to be called when all that was told up to now is on disk. */
  confirming(): () => void {
    const { told, toldForSure } = this
    const { life } = this.world
    return () => {
      if (life !== this.world.life) return
      if (!this.canReach(toldForSure)) throw new Error('confirmed though the disk had failed')
      this.confirm(told)
    }
  }

  confirm(seq: number): void {
    if (seq <= this.durable) return
    this.durable = seq
    this.onDurable(seq)
  }

  failed(): void {
    this.last = this.told
  }

  /** Up to where everything is there after the end of the process. */
  floor(power: boolean): number {
    return power ? this.durable : Math.max(this.written, this.durable)
  }

  crashed(): void {
    this.last = Number.POSITIVE_INFINITY
    this.durable = this.written = this.told
  }
}
