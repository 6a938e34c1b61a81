/** Random histories of a stream that keeps its promises, with one group, one reader, and ends of the hub. */

import { Story } from './story.js'

/** One step; `pick` chooses among what is there. */
export interface StreamStep {
  readonly do: 'append' | 'lose-receipt' | 'follow' | 'read' | 'confirm' | 'kill'
  readonly pick: number
}

const group = 'g'

export class ValidStream {
  readonly story = new Story({ kind: 'stream' })
  private readonly values: string[] = []
  private counter = 0
  private cursor = 0
  /** The hub has it for good, up to where it was confirmed. */
  private confirmed = 0
  private reading = 0

  constructor() {
    this.story.subscribe('c', 1, { group, from: 0 }).subscribe('r', 1, { from: 0 })
  }

  step({ do: what, pick }: StreamStep): void {
    if (what === 'append' || what === 'lose-receipt') this.append(what, pick)
    else if (what === 'follow') this.follow()
    else if (what === 'read') this.read()
    else if (what === 'confirm') {
      this.story.confirm('c', group)
      this.confirmed = this.cursor
    } else this.kill(pick)
  }

  finish(): Story {
    while (this.cursor < this.values.length) this.follow()
    while (this.reading < this.values.length) this.read()
    this.values.forEach((value, offset) => void this.story.record(offset, value))
    return this.story.drained()
  }

  private append(what: string, pick: number): void {
    const value = `p${pick % 3}-${this.counter++}`
    this.story.invoke(value)
    const isStored = what === 'append' || pick % 2 === 0
    if (what === 'append') this.story.receipt(value, { offset: this.values.length })
    else this.story.failed(value, 'unknown')
    if (isStored) this.values.push(value)
  }

  private follow(): void {
    const value = this.values[this.cursor]
    if (value === undefined) return
    this.story.handle('c', value, { group, offset: this.cursor })
    this.cursor += 1
  }

  private read(): void {
    const value = this.values[this.reading]
    if (value === undefined) return
    this.story.handle('r', value, { offset: this.reading })
    this.reading += 1
  }

  /** The group goes on somewhere between what was confirmed and where it was. */
  private kill(pick: number): void {
    this.story.kill()
    this.cursor = this.confirmed + (pick % (this.cursor - this.confirmed + 1))
    this.story.add('c', { op: 'link', state: 'reconnecting' })
  }
}
