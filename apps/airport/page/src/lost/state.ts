/** The Lost & Found desk: dead letters of the belt, and what one can ask the control desk to do with them. */

import { control, type LostBag } from '@airport/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Bus, type Clock, isBusError } from 'busbar'
import type { Notices } from '../notices/state.js'
import type { Listens } from '../panel.js'

export interface Lost extends Listens {
  readonly bags: ReadonlySignal<readonly LostBag[]>
  /** There are more than the desk shows. */
  readonly more: ReadonlySignal<boolean>
  readonly busy: ReadonlySignal<boolean>
  /** How many bags this page put back. */
  readonly redriven: ReadonlySignal<number>
  /** Writes a new label and puts bags back on the belt; all of them without an id. */
  redrive(id?: string): void
  discard(id: string): void
  /** Looks again, because something may have arrived. */
  look(): void
}

const lookEveryMs = 1_500

export function createLost(notices: Notices, clock: Clock): Lost {
  const bags = signal<readonly LostBag[]>([])
  const more = signal(false)
  const busy = signal(false)
  const redriven = signal(0)
  let desk: Bus | undefined
  let looking = Promise.resolve()

  const list = async (): Promise<void> => {
    if (desk === undefined) return
    try {
      const found = await desk.request(control.lost, {})
      bags.value = found.bags
      more.value = found.more
    } catch (error) {
      // While the hub is away the desk keeps what it had; the banner says so.
      if (!isBusError(error)) throw error
    }
  }
  const look = (): void => {
    looking = looking.then(list)
  }
  const act = async (what: string, order: (bus: Bus) => Promise<{ count: number }>): Promise<number> => {
    if (desk === undefined || busy.value) return 0
    busy.value = true
    try {
      const { count } = await order(desk)
      const sentence = `${count} ${count === 1 ? 'bag' : 'bags'} ${what}`
      notices.toast('good', sentence)
      await list()
      return count
    } catch (error) {
      notices.toast('bad', 'Lost & Found', [isBusError(error) ? error.message : String(error)])
      return 0
    } finally {
      busy.value = false
    }
  }
  const poll = (stop: AbortSignal): void => {
    if (stop.aborted) return
    look()
    clock.after(lookEveryMs, () => poll(stop))
  }

  return {
    bags,
    more,
    busy,
    redriven,
    look,
    redrive(id) {
      const ids = id === undefined ? {} : { ids: [id] }
      void act('back on the belt with a new label', (bus) => bus.request(control.relabel, ids)).then(
        (count) => {
          redriven.value += count
        },
      )
    },
    discard(id) {
      void act('discarded', (bus) => bus.request(control.discard, { ids: [id] }))
    },
    async open(bus, signal) {
      desk = bus
      poll(signal)
    },
  }
}
