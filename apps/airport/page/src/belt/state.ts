/** The belt: which bags ride on it for which worker, how many wait, and who retries. */

import { airport, type BagCounts, control } from '@airport/contracts'
import { computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import type { Bus, Clock } from 'busbar'
import type { Notices } from '../notices/state.js'
import { everyPage, type Listens, whenBack } from '../panel.js'
import type { Workers } from '../workers/state.js'

export interface BeltEvent {
  readonly tag: string
  readonly worker: string
  readonly attempt: number
  readonly state: 'moving' | 'delivered' | 'jammed' | 'lost'
}

/** A bag on the belt; it stays a little after its fate is known, so that one can see it. */
export interface Riding extends BeltEvent {
  readonly since: number
  /** 0 or 1: two bags of one worker ride side by side. */
  readonly side: number
  readonly ended: number | undefined
}

/** Whether every bag that was checked in is somewhere. */
export const addsUp = ({ received, ready, delayed, leased, done, dead, purged }: BagCounts): boolean =>
  received === ready + delayed + leased + done + dead + purged

export interface Belt extends Listens {
  readonly riding: ReadonlySignal<readonly Riding[]>
  /** What the wire says of the queue; undefined before its first answer, and where it does not count. */
  readonly counts: ReadonlySignal<BagCounts | undefined>
  /** The wire has answered that it does not count. */
  readonly uncounted: ReadonlySignal<boolean>
  /** Bags that wait to be taken, now and before: two samples a second. */
  readonly history: ReadonlySignal<readonly number[]>
  /** Nobody works at it. */
  readonly unattended: ReadonlySignal<boolean>
  saw(event: BeltEvent): void
  /** Without counts from a wire that keeps none. */
  counted(counts: BagCounts | undefined): void
  /** Takes off the belt whose time is over, and what a worker that is gone had in its hands. */
  clear(): void
}

/** A ride lasts as long as its animation. */
const rideMs = 2_000
const fateMs = 1_300
const pollMs = 500
const samples = 120

export function createBelt(
  notices: Notices,
  clock: Clock,
  workers: Pick<Workers, 'crew' | 'isRunning'>,
): Belt {
  const riding = signal<readonly Riding[]>([])
  const counts = signal<BagCounts | undefined>(undefined)
  const history = signal<readonly number[]>([])
  const uncounted = signal(false)
  const unattended = computed(
    () => workers.crew.value.length > 0 && workers.crew.value.every(({ running }) => !running),
  )
  let wasAlone = false
  effect(() => {
    const alone = unattended.value
    if (alone !== wasAlone)
      notices.speak(alone ? 'No workers: bags are waiting on the belt' : 'The belt is attended')
    wasAlone = alone
  })

  const sides = new Map<string, number>()

  const saw = (event: BeltEvent): void => {
    const now = clock.monotonic()
    if (event.state === 'moving') {
      const side = (sides.get(event.worker) ?? 1) === 0 ? 1 : 0
      sides.set(event.worker, side)
      riding.value = [...riding.value, { ...event, side, since: now, ended: undefined }]
      return
    }
    riding.value = riding.value.map((bag) =>
      bag.tag === event.tag && bag.attempt === event.attempt && bag.worker === event.worker
        ? { ...bag, state: event.state, ended: now }
        : bag,
    )
    if (event.state === 'lost') notices.speak(`Bag ${event.tag} went to Lost and Found`)
  }

  const counted = (next: BagCounts | undefined): void => {
    counts.value = next
    uncounted.value = next === undefined
    if (next !== undefined) history.value = [...history.value, next.ready].slice(-samples)
  }

  const clear = (): void => {
    const now = clock.monotonic()
    const left = riding.value.filter((bag) => {
      if (bag.ended === undefined) return workers.isRunning(bag.worker)
      return now < (bag.state === 'delivered' ? bag.since + rideMs : bag.ended + fateMs)
    })
    if (left.length !== riding.value.length) riding.value = left
  }

  const poll = async (bus: Bus, stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      // While the hub is away there is nothing to count; the banner says so.
      await bus.request(control.bags, {}).then(
        (answer) => counted(answer.counts),
        () => undefined,
      )
      await new Promise<void>((resolve) => clock.after(pollMs, resolve))
    }
  }
  const tidy = (stop: AbortSignal): void => {
    if (stop.aborted) return
    clear()
    clock.after(150, () => tidy(stop))
  }

  return {
    riding,
    counts,
    uncounted,
    history,
    unattended,
    saw,
    counted,
    clear,
    async open(bus, signal) {
      riding.value = []
      // Nobody will tell what became of those: whoever had them in hands lost them with the hub, and takes them again.
      whenBack(bus, signal, () => {
        riding.value = riding.value.filter(({ ended }) => ended !== undefined)
      })
      await bus.subscribe(airport.belt, saw, everyPage(signal))
      tidy(signal)
      void poll(bus, signal)
    },
  }
}
