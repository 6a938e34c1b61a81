/** How this page is connected, over what, and how much comes in. */

import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { Bus, BusMiddleware, Clock } from 'busbar'
import type { Notices } from '../notices/state.js'

export type Connected = 'connecting' | 'connected' | 'reconnecting' | 'lost'

export interface Connection {
  readonly state: ReadonlySignal<Connected>
  readonly reason: ReadonlySignal<string>
  /** It was there, and is gone: what is shown is how things were. */
  readonly away: ReadonlySignal<boolean>
  /** Of the page. */
  readonly hub: ReadonlySignal<string>
  /** Messages that reached this page in the last second. */
  readonly rate: ReadonlySignal<number>
  /** Counts what comes in. */
  readonly meter: BusMiddleware
  /** Counts one more. */
  heard(): void
  aimAt(hub: string): void
  failed(reason: string): void
  /** Follows a bus; resolves when it is lost for good. */
  follow(bus: Bus, signal: AbortSignal): Promise<void>
}

const sentences: Readonly<Record<Connected, string>> = {
  connecting: 'Connecting to the hub',
  connected: 'Connected to the hub',
  reconnecting: 'Connection lost, reconnecting',
  lost: 'Connection lost',
}

export function createConnection(notices: Notices, clock: Clock): Connection {
  const state = signal<Connected>('connecting')
  const reason = signal('')
  const hub = signal('')
  const rate = signal(0)
  let received = 0

  const turn = (next: Connected, why = ''): void => {
    if (state.value !== next) notices.speak(sentences[next])
    state.value = next
    reason.value = why
  }
  const heard = (): void => {
    received += 1
  }
  const everySecond = (): void => {
    rate.value = received
    received = 0
    clock.after(1_000, everySecond)
  }
  everySecond()

  return {
    state,
    reason,
    away: computed(() => state.value === 'reconnecting' || state.value === 'lost'),
    hub,
    rate,
    heard,
    meter: (crossing, next) => {
      if (crossing.direction === 'in') heard()
      return next()
    },
    aimAt(url) {
      hub.value = url
    },
    failed: (why) => turn('connecting', why),
    follow(bus, signal) {
      turn('connected')
      return new Promise((resolve) => {
        const off = bus.status.on('state', (next, why) => {
          turn(next === 'closed' ? 'lost' : next, why)
          if (next === 'connected' || next === 'reconnecting') return
          off()
          resolve()
        })
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    },
  }
}
