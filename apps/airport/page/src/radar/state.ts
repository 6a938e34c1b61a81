/** The radar: follows the stream live, and plays the tape of the last minutes. */

import { airport } from '@airport/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Bus, type Clock, isBusError } from 'busbar'
import type { Notices } from '../notices/state.js'
import type { Listens } from '../panel.js'
import { createSky, type Sky } from './sky.js'
import { playTape } from './tape.js'

export interface Radar extends Listens {
  /** What the scope shows: the live sky, or the one on the tape. */
  readonly sky: Sky
  readonly mode: ReadonlySignal<'live' | 'tape'>
  /** How far behind the present the scope is, in seconds. */
  readonly behind: ReadonlySignal<number>
  /** Planes on the scope, for those who cannot see it. */
  readonly planes: ReadonlySignal<{ readonly flying: number; readonly circling: number }>
  rewind(seconds: number): void
  live(): void
}

/** How far the tape can be rewound, in seconds. */
export const tapeSeconds = 180
/** How much faster than life the tape runs: it has to catch up. */
export const tapeSpeed = 3
/** As long as the trails on the scope. */
const lateJoinMs = 5_000
const lookEveryMs = 250

/** `heard` is called for each record, which no middleware sees. */
export function createRadar(notices: Notices, clock: Clock, heard: () => void = () => undefined): Radar {
  const now = createSky()
  const then = createSky()
  const mode = signal<'live' | 'tape'>('live')
  const behind = signal(0)
  const planes = signal({ flying: 0, circling: 0 })
  let tape = new AbortController()
  let connected: { readonly bus: Bus; readonly signal: AbortSignal } | undefined

  const shown = (): Sky => (mode.value === 'live' ? now : then)

  const live = (): void => {
    tape.abort()
    if (mode.value === 'tape') notices.speak('Radar is live')
    mode.value = 'live'
    behind.value = 0
  }

  const play = async (bus: Bus, from: number, stop: AbortSignal): Promise<void> => {
    const records = bus.replay(airport.radar, { from: { time: from }, signal: stop })
    await playTape(records, {
      from,
      speed: tapeSpeed,
      clock,
      signal: stop,
      show: (point, time) => {
        heard()
        then.saw(point, time)
      },
      at: (time) => {
        behind.value = Math.max(0, Math.round((clock.now() - time) / 1_000))
      },
    })
  }

  const follow = async (bus: Bus, stop: AbortSignal): Promise<void> => {
    let from = clock.now() - lateJoinMs
    while (!stop.aborted) {
      try {
        for await (const { value, ctx } of bus.replay(airport.radar, {
          from: { time: from },
          signal: stop,
        })) {
          heard()
          now.saw(value, ctx.time)
          from = ctx.time
        }
      } catch (error) {
        if (!isBusError(error)) throw error
      }
      await new Promise<void>((resolve) => clock.after(1_000, resolve))
    }
  }

  const look = (): void => {
    const blips = [...shown().blips.values()]
    const circling = blips.filter((blip) => blip.state === 'circling').length
    const before = planes.value
    if (before.flying !== blips.length || before.circling !== circling) {
      planes.value = { flying: blips.length, circling }
    }
    clock.after(lookEveryMs, look)
  }
  look()

  return {
    get sky() {
      return shown()
    },
    mode,
    behind,
    planes,
    live,
    rewind(seconds) {
      if (seconds <= 0 || connected === undefined) return live()
      tape.abort()
      tape = new AbortController()
      then.clear()
      mode.value = 'tape'
      behind.value = seconds
      const { bus, signal } = connected
      const mine = tape
      play(bus, clock.now() - seconds * 1_000, AbortSignal.any([mine.signal, signal])).then(
        () => mine.signal.aborted || live(),
        (error: unknown) => {
          if (mine.signal.aborted) return
          live()
          notices.toast('bad', 'The tape cannot be played', [String(error)])
        },
      )
    },
    async open(bus, signal) {
      connected = { bus, signal }
      signal.addEventListener('abort', live, { once: true })
      follow(bus, signal).catch((error: unknown) => {
        if (!signal.aborted) notices.toast('bad', 'The radar went dark', [String(error)])
      })
    },
  }
}
