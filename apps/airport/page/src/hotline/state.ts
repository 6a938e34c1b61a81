/** The hotline between tower and follow-me car: the call at hand, and who was turned away. */

import { airport } from '@airport/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { everyPage, type Listens } from '../panel.js'

export interface Said {
  readonly from: 'tower' | 'vehicle' | 'intruder'
  readonly say: string
  readonly state: 'open' | 'said' | 'refused' | 'closed'
}

export interface Hotline extends Listens {
  /** Of the current or last call. */
  readonly lines: ReadonlySignal<readonly (Said & { readonly id: number })[]>
  readonly busy: ReadonlySignal<boolean>
  heard(said: Said): void
}

const kept = 5

export function createHotline(): Hotline {
  const lines = signal<readonly (Said & { readonly id: number })[]>([])
  const busy = signal(false)
  let last = 0
  const heard = (said: Said): void => {
    last += 1
    if (said.state === 'open') busy.value = true
    if (said.state === 'closed') busy.value = false
    else lines.value = [...lines.value, { ...said, id: last }].slice(-kept)
  }
  return {
    lines,
    busy,
    heard,
    async open(bus, signal) {
      await bus.subscribe(airport.call, heard, everyPage(signal))
    },
  }
}
