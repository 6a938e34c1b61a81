/** Faults and broken links: what happened around them is judged by what is promised even then. */

import type { Fault } from '../history/event.js'

export class Disturbances {
  private underWay = 0
  private lastFault = 0
  private readonly links = new Map<string, number>()
  private readonly departures = new Map<string, number>()
  /** Number of the last event that ended the hub. */
  lastKill = 0

  fault({ type, fault }: Fault, seq: number): void {
    this.lastFault = seq
    this.underWay += type === 'begin' ? 1 : -1
    if (fault === 'kill' || fault === 'restart') this.lastKill = seq
  }

  /** The link of the process broke or came back. */
  link(process: string, seq: number): void {
    this.links.set(process, seq)
  }

  /** A consumer of the process is gone, maybe with messages in hand. */
  left(process: string, seq: number): void {
    this.departures.set(process, seq)
  }

  linkSince(process: string, seq: number): boolean {
    return (this.links.get(process) ?? 0) > seq
  }

  /** Something that may undo what this process had in hand happened after the event with this number. */
  since(process: string, seq: number): boolean {
    if (this.underWay > 0 || this.lastFault > seq) return true
    return this.linkSince(process, seq) || (this.departures.get(process) ?? 0) > seq
  }

  /** Nothing was done to the system after the event with this number, and no link broke: of the process, or of any. */
  isQuietSince(seq: number, process: string | undefined): boolean {
    if (this.underWay > 0 || this.lastFault > seq) return false
    if (process !== undefined) return !this.linkSince(process, seq)
    return [...this.links.values()].every((last) => last <= seq)
  }
}
