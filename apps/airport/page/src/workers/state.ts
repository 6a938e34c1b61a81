/** Who runs, and the buttons that really stop and start them. */

import { control, type Roster, type Worker } from '@airport/contracts'
import { computed, type ReadonlySignal, signal } from '@preact/signals'
import { type Bus, type Clock, isBusError } from 'busbar'
import type { Notices } from '../notices/state.js'
import { everyPage, type Listens, whenBack } from '../panel.js'

export interface Workers extends Listens {
  readonly roster: ReadonlySignal<readonly Worker[]>
  /** Those who work at the belt. */
  readonly crew: ReadonlySignal<readonly Worker[]>
  /** What the services talk over. */
  readonly wire: ReadonlySignal<string>
  /** The hub's process; undefined while it has none of its own. */
  readonly hub: ReadonlySignal<Roster['hub']>
  /** Names whose button was pressed and has not had its effect. */
  readonly busy: ReadonlySignal<ReadonlySet<string>>
  isRunning(name: string): boolean
  told(roster: Roster): void
  turn(worker: Worker, on: boolean): void
  turnAll(workers: readonly Worker[], on: boolean): void
  /** Kills the hub; it comes back by itself. */
  pullPlug(): void
}

const askAgainMs = 500

export function createWorkers(notices: Notices, clock: Clock): Workers {
  const roster = signal<readonly Worker[]>([])
  const wire = signal('')
  const hub = signal<Roster['hub']>(undefined)
  const busy = signal<ReadonlySet<string>>(new Set())
  let desk: Bus | undefined

  const told: Workers['told'] = (next) => {
    for (const worker of next.workers) {
      const before = roster.value.find(({ name }) => name === worker.name)
      if (before === undefined || before.running === worker.running) continue
      notices.speak(`${worker.name} ${worker.running ? 'runs' : 'stopped'}`)
    }
    roster.value = next.workers
    wire.value = next.wire
    hub.value = next.hub
  }

  const press = async ({ name }: Worker, on: boolean): Promise<void> => {
    if (desk === undefined || busy.value.has(name)) return
    busy.value = new Set(busy.value).add(name)
    try {
      await desk.request(on ? control.start : control.stop, { name })
    } catch (error) {
      notices.toast('bad', `${name} could not be ${on ? 'started' : 'stopped'}`, [
        isBusError(error) ? error.message : String(error),
      ])
    } finally {
      busy.value = new Set([...busy.value].filter((other) => other !== name))
    }
  }
  const unplug = async (): Promise<void> => {
    try {
      await desk?.request(control.pullPlug, {})
    } catch (error) {
      // No answer can come through a hub that is dead.
      if (isBusError(error, 'DISCONNECTED')) return
      notices.toast('bad', 'The plug could not be pulled', [
        isBusError(error) ? error.message : String(error),
      ])
    }
  }
  const turn = (worker: Worker, on: boolean): void => void press(worker, on)

  /** The launcher answers once everybody is at work; the page may be earlier. */
  const ask = async (bus: Bus, stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      try {
        return told(await bus.request(control.list, {}, { timeoutMs: 2_000, signal: stop }))
      } catch (error) {
        if (!isBusError(error)) throw error
        await new Promise<void>((resolve) => clock.after(askAgainMs, resolve))
      }
    }
  }

  return {
    roster,
    crew: computed(() => roster.value.filter((worker) => worker.service === 'baggage')),
    wire,
    hub,
    busy,
    isRunning: (name) => roster.value.find((worker) => worker.name === name)?.running ?? true,
    told,
    turn,
    turnAll(workers, on) {
      for (const worker of workers) if (worker.running !== on) turn(worker, on)
    },
    pullPlug: () => void unplug(),
    async open(bus, signal) {
      desk = bus
      await bus.subscribe(control.roster, told, everyPage(signal))
      // Rosters that were told while this page was away are told to nobody.
      whenBack(bus, signal, () => {
        ask(bus, signal).catch((error: unknown) => {
          if (!signal.aborted) throw error
        })
      })
      await ask(bus, signal)
    },
  }
}
