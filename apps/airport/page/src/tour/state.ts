/** Things a visitor may try; each is ticked off once it has been seen to happen. */

import { computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import type { Belt } from '../belt/state.js'
import type { Connection } from '../connection/state.js'
import type { Lost } from '../lost/state.js'
import type { Radar } from '../radar/state.js'
import type { Workers } from '../workers/state.js'

export interface Stop {
  readonly name: 'stop' | 'start' | 'redrive' | 'rewind' | 'gates' | 'plug'
  readonly wish: string
  readonly effect: string
}

export interface Tour {
  /** Those that are possible here. */
  readonly stops: ReadonlySignal<readonly Stop[]>
  readonly done: ReadonlySignal<ReadonlySet<Stop['name']>>
}

const stops: readonly Stop[] = [
  { name: 'stop', wish: 'Stop the baggage workers', effect: 'the belt fills' },
  { name: 'start', wish: 'Start them again', effect: 'the belt drains' },
  { name: 'redrive', wish: 'Redrive a lost bag', effect: 'it gets through' },
  { name: 'rewind', wish: 'Rewind the radar', effect: 'the stream plays again' },
  { name: 'gates', wish: 'Stop the gates', effect: 'planes circle' },
  { name: 'plug', wish: 'Pull the plug of the hub', effect: 'no bag is lost' },
]

/** Fewer bags than this wait at a belt that keeps up. */
const few = 4

export function createTour(
  belt: Pick<Belt, 'unattended' | 'uncounted' | 'counts'>,
  lost: Pick<Lost, 'redriven'>,
  radar: Pick<Radar, 'mode'>,
  workers: Pick<Workers, 'roster' | 'hub'>,
  connection: Pick<Connection, 'away'>,
): Tour {
  const done = signal<ReadonlySet<Stop['name']>>(new Set())
  const tick = (name: Stop['name'], seen: boolean): void => {
    if (seen && !done.peek().has(name)) done.value = new Set(done.peek()).add(name)
  }
  effect(() => {
    tick('stop', belt.unattended.value)
    const isDrained = belt.uncounted.value || (belt.counts.value?.ready ?? few) < few
    tick('start', done.value.has('stop') && !belt.unattended.value && isDrained)
  })
  effect(() => tick('redrive', lost.redriven.value > 0))
  effect(() => tick('rewind', radar.mode.value === 'tape'))
  effect(() =>
    tick(
      'gates',
      workers.roster.value.some(({ name, running }) => name === 'gates' && !running),
    ),
  )
  let wasAway = false
  effect(() => {
    tick('plug', wasAway && !connection.away.value)
    wasAway ||= connection.away.value
  })
  return {
    stops: computed(() => stops.filter(({ name }) => name !== 'plug' || workers.hub.value !== undefined)),
    done,
  }
}
