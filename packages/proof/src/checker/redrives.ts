/** Which dead letters were put back, so that their return is no breach. */

import type { Redriven } from '../history/event.js'
import type { End } from './handled.js'

export class Redrives {
  private underWay = 0
  /** Number of the event with which the last one ended that took all letters, or this id. */
  private lastOfAll = 0
  private readonly lastOf = new Map<string, number>()
  private any = false

  seen({ type, ids }: Redriven, seq: number): void {
    this.any = true
    this.underWay += type === 'invoke' ? 1 : -1
    if (ids === undefined) this.lastOfAll = seq
    else for (const id of ids) this.lastOf.set(id, seq)
  }

  /** The message was dead when a redrive may have taken it. */
  covers(id: string, end: End | undefined): boolean {
    if (end === undefined || end.kind !== 'dead' || !this.any) return false
    return this.underWay > 0 || this.lastAbout(id) > end.seq
  }

  /** It may have left its place in the line. */
  touched(id: string): boolean {
    return this.lastAbout(id) > 0
  }

  private lastAbout(id: string): number {
    return Math.max(this.lastOfAll, this.lastOf.get(id) ?? 0)
  }
}
