/** The Lost & Found desk: dead letters of the belt, and what one can do with them. */

import { airport, type Bag } from '@airport/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Bus, type Clock, type DeadLetter, isBusError } from 'busbar'
import type { Notices } from '../notices/state.js'
import type { Listens } from '../panel.js'

export interface LostBag {
  readonly id: string
  /** What its payload says, as far as it can be read. */
  readonly tag: string
  readonly smudged: boolean
  readonly reason: string
  readonly attempts: number
}

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

const shown = 40
const lookEveryMs = 1_500

/** A dead letter is kept as it came, so nothing may be taken for granted. */
export function bagIn(payload: unknown): Bag | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined
  const { tag, flight, kg, smudged } = payload as Readonly<Record<string, unknown>>
  if (typeof tag !== 'string' || typeof flight !== 'string') return undefined
  if (typeof kg !== 'number' || typeof smudged !== 'boolean') return undefined
  return { tag, flight, kg, smudged }
}

const lostBag = ({ id, payload, reason, attempts, lastFailure }: DeadLetter): LostBag => {
  const bag = bagIn(payload)
  return {
    id,
    tag: bag?.tag ?? 'unreadable',
    smudged: bag?.smudged ?? false,
    reason: lastFailure?.message ?? reason,
    attempts,
  }
}

/** Smudged labels are why bags die; a new one is all they need. */
export const withNewLabel = ({ payload }: Pick<DeadLetter, 'payload'>): Bag | undefined => {
  const bag = bagIn(payload)
  return bag && { ...bag, smudged: false }
}

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
      const { letters, next } = await desk.deadLetters(airport.moveBag).list({ limit: shown })
      bags.value = letters.map(lostBag)
      more.value = next !== undefined
    } catch (error) {
      // While the hub is away the desk keeps what it had; the banner says so.
      if (!isBusError(error)) throw error
    }
  }
  const look = (): void => {
    looking = looking.then(list)
  }
  const act = async (what: string, order: (bus: Bus) => Promise<number>): Promise<number> => {
    if (desk === undefined || busy.value) return 0
    busy.value = true
    try {
      const count = await order(desk)
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
      void act('back on the belt with a new label', (bus) =>
        bus.deadLetters(airport.moveBag).redrive({ ...ids, map: withNewLabel }),
      ).then((count) => {
        redriven.value += count
      })
    },
    discard(id) {
      void act('discarded', (bus) => bus.deadLetters(airport.moveBag).discard({ ids: [id] }))
    },
    async open(bus, signal) {
      desk = bus
      poll(signal)
    },
  }
}
