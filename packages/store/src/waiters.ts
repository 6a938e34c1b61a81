/** Who waits until a place is on disk, in the order of their calls. */

import type { BusError, Place } from 'busbar/transport'

type Told = (failure: BusError | undefined) => void

/** Two lists instead of one of pairs: there is one entry per message. */
export class Waiters {
  private places: Place[] = []
  private fns: Told[] = []
  private head = 0

  add(place: Place, fn: Told): void {
    this.places.push(place)
    this.fns.push(fn)
  }

  /** The place that the last one waits for. */
  get last(): Place | undefined {
    return this.head < this.places.length ? this.places[this.places.length - 1] : undefined
  }

  /** Tells everybody who waits for a place up to this one. */
  settle(durable: Place): void {
    while (this.head < this.places.length && (this.places[this.head] as Place) <= durable)
      this.next()(undefined)
  }

  /** Tells everybody else that it will not happen. */
  fail(failure: BusError): void {
    while (this.head < this.places.length) this.next()(failure)
  }

  private next(): Told {
    const fn = this.fns[this.head++] as Told
    if (this.head === this.fns.length) {
      this.places = []
      this.fns = []
      this.head = 0
    } else if (this.head === 4096) {
      this.places.splice(0, this.head)
      this.fns.splice(0, this.head)
      this.head = 0
    }
    return fn
  }
}
