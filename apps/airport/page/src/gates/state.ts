/** Which plane stands at which gate, and who still circles because none is free. */

import { airport } from '@airport/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { everyPage, type Listens } from '../panel.js'

/** `undefined`: nothing heard of it yet. */
export interface Gate {
  readonly name: string
  readonly flight: string | null | undefined
}

export interface Holding {
  readonly flight: string
  readonly round: number
}

export interface Gates extends Listens {
  readonly gates: ReadonlySignal<readonly Gate[]>
  /** Who flies rounds, longest first. */
  readonly holding: ReadonlySignal<readonly Holding[]>
  changed(gate: string, flight: string | null): void
  circled(flight: string, round: number): void
  landed(flight: string, gate: string): void
}

const names = ['A1', 'A2', 'A3', 'B1', 'B2']

export function createGates(): Gates {
  const gates = signal<readonly Gate[]>(names.map((name) => ({ name, flight: undefined })))
  const holding = signal<readonly Holding[]>([])

  const changed = (gate: string, flight: string | null): void => {
    const rest = gates.value.filter(({ name }) => name !== gate)
    gates.value = [...rest, { name: gate, flight }].sort((a, b) => (a.name < b.name ? -1 : 1))
  }
  const circled = (flight: string, round: number): void => {
    const rest = holding.value.filter((plane) => plane.flight !== flight)
    holding.value = [...rest, { flight, round }].sort((a, b) => b.round - a.round)
  }
  const landed = (flight: string, gate: string): void => {
    changed(gate, flight)
    if (holding.value.some((plane) => plane.flight === flight)) {
      holding.value = holding.value.filter((plane) => plane.flight !== flight)
    }
  }
  return {
    gates,
    holding,
    changed,
    circled,
    landed,
    async open(bus, signal) {
      holding.value = []
      await Promise.all([
        bus.subscribe(airport.gate, ({ gate, flight }) => changed(gate, flight), everyPage(signal)),
        bus.subscribe(airport.circling, ({ flight, round }) => circled(flight, round), everyPage(signal)),
        bus.subscribe(airport.landed, ({ flight, gate }) => landed(flight, gate), everyPage(signal)),
      ])
    },
  }
}
