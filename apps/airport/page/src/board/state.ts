/** The departures board: a fixed number of lines, each of which keeps its flight until somebody needs the line. */

import { airlineCodes, airport, sloppyAir } from '@airport/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { everyPage, type Listens } from '../panel.js'

export interface Row {
  readonly flight: string
  readonly to: string
  readonly gate: string
  readonly status: 'landed' | 'boarding' | 'departed'
  readonly time: string
}

export interface Board extends Listens {
  /** Undefined: a blank line. */
  readonly lines: ReadonlySignal<readonly (Row | undefined)[]>
  show(row: Row): void
}

export const lineCount = 8
const airlines = new Map([...airlineCodes, sloppyAir].map(({ code, name }) => [code, name]))

/** `KLM` for `KL101`. */
export const airlineOf = (flight: string): string => airlines.get(flight.slice(0, 2)) ?? ''

/** The line a new flight gets: a blank one, else that of the flight which left first, else the oldest. */
const lineFor = (lines: readonly (Row | undefined)[]): number => {
  const blank = lines.indexOf(undefined)
  if (blank >= 0) return blank
  const age = (row: Row | undefined): string => `${row?.status === 'departed' ? 0 : 1} ${row?.time ?? ''}`
  return lines.reduce((best, row, index) => (age(row) < age(lines[best]) ? index : best), 0)
}

export function createBoard(): Board {
  const lines = signal<readonly (Row | undefined)[]>(Array.from({ length: lineCount }, () => undefined))
  const show = (row: Row): void => {
    const own = lines.value.findIndex((line) => line?.flight === row.flight)
    const place = own >= 0 ? own : lineFor(lines.value)
    lines.value = lines.value.with(place, row)
  }
  return {
    lines,
    show,
    async open(bus, signal) {
      await bus.subscribe(airport.row, show, everyPage(signal))
    },
  }
}
