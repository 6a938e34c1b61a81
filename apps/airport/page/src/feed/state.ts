/** The feed: the last messages that crossed the bus, in words; and a toast for each one its sender was refused. */

import { airport, control } from '@airport/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import type { Clock } from 'busbar'
import type { Notices } from '../notices/state.js'
import { everyPage, type Listens } from '../panel.js'

export interface Entry {
  readonly id: string
  readonly time: number
  readonly topic: string
  readonly good: boolean
  readonly what: string
}

export interface Feed extends Listens {
  /** Newest first. */
  readonly entries: ReadonlySignal<readonly Entry[]>
  readonly paused: ReadonlySignal<boolean>
  toggle(): void
  note(entry: Entry): void
}

const kept = 60
/** Faster than this nobody reads. */
const showEveryMs = 250

export function createFeed(notices: Notices, clock: Clock): Feed {
  const entries = signal<readonly Entry[]>([])
  const paused = signal(false)
  let fresh: Entry[] = []
  let due = false

  const show = (): void => {
    due = false
    if (paused.value) return
    entries.value = [...fresh.reverse(), ...entries.value].slice(0, kept)
    fresh = []
  }
  const note = (entry: Entry): void => {
    fresh.push(entry)
    if (fresh.length > kept) fresh.shift()
    if (due) return
    due = true
    clock.after(showEveryMs, show)
  }
  interface Facts {
    readonly id: string
    readonly time: number
    readonly topic: string
  }
  const say =
    <T>(words: (value: T) => string, good: (value: T) => boolean = () => true) =>
    (value: T, { id, time, topic }: Facts): void =>
      note({ id, time, topic, good: good(value), what: words(value) })

  return {
    entries,
    paused,
    note,
    toggle() {
      paused.value = !paused.value
      if (!paused.value) show()
    },
    async open(bus, signal) {
      const all = everyPage(signal)
      await Promise.all([
        bus.subscribe(
          airport.approach,
          say((plane) => `${plane.flight} from ${plane.from}, ${plane.bags} bags`),
          all,
        ),
        bus.subscribe(
          airport.circling,
          say((plane) => `${plane.flight} finds no gate, round ${plane.round}`),
          all,
        ),
        bus.subscribe(
          airport.landed,
          say((plane) => `${plane.flight} landed, gate ${plane.gate}`),
          all,
        ),
        bus.subscribe(
          airport.departed,
          say(({ flight, to }) => `${flight} departed to ${to}`),
          all,
        ),
        bus.subscribe(
          airport.gate,
          say(({ gate, flight }) => `${gate} ${flight ?? 'is free'}`),
          all,
        ),
        bus.subscribe(
          airport.belt,
          say(
            ({ tag, worker, state, attempt }) =>
              `${tag} ${state}, ${worker}${attempt > 1 ? `, try ${attempt}` : ''}`,
            ({ state }) => state === 'moving' || state === 'delivered',
          ),
          all,
        ),
        bus.subscribe(
          airport.row,
          say(({ flight, status }) => `${flight} ${status}`),
          all,
        ),
        bus.subscribe(
          airport.call,
          say(
            ({ from, say: words }) => `${from}: ${words}`,
            ({ state }) => state !== 'refused',
          ),
          all,
        ),
        bus.subscribe(
          control.roster,
          say(
            ({ workers }) =>
              `${workers.filter((worker) => worker.running).length} of ${workers.length} workers run`,
          ),
          all,
        ),
        bus.subscribe(
          airport.rejected,
          (refusal, { id, time }) => {
            const { sender, topic, about, issues } = refusal
            note({ id, time, topic, good: false, what: `${sender}: ${about} refused. ${issues.join('; ')}` })
            notices.toast('bad', `Refused before it was sent: ${about}`, [`${sender}, ${topic}`, ...issues])
          },
          all,
        ),
      ])
    },
  }
}
