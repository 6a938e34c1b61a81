/** The same scene on memory, TCP and WebSocket: buses that meet in one broker and end with the test. */

import { createHub, type HubOptions } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { websocket } from '@busbar/websocket'
import { type Bus, type BusOptions, type Connect, createBus, memory } from 'busbar'
import { onTestFinished } from 'vitest'

export const wires = ['memory', 'tcp', 'websocket'] as const
export type Wire = (typeof wires)[number]

/** Makes buses of one broker, one more at each call. */
export interface NewBus {
  (service: string, options?: Partial<BusOptions>): Promise<Bus>
  readonly connect: Connect
}

/** A broker on this wire; its buses and then itself are closed after the test. */
export async function brokerOn(wire: Wire, limits: HubOptions['limits'] = {}): Promise<NewBus> {
  const connect = await transportOn(wire, { drainTimeoutMs: 100, ...limits })
  const newBus = async (service: string, options: Partial<BusOptions> = {}): Promise<Bus> => {
    const bus = await createBus({ service, transport: connect, drainTimeoutMs: 100, ...options })
    onTestFinished(() => bus.close())
    return bus
  }
  return Object.assign(newBus, { connect })
}

async function transportOn(wire: Wire, limits: NonNullable<HubOptions['limits']>): Promise<Connect> {
  if (wire === 'memory') return memory()
  if (wire === 'tcp') {
    const hub = await createHub({ tcp: { port: 0 }, limits })
    onTestFinished(() => hub.close())
    return tcp({ url: hub.tcpUrl })
  }
  const hub = await createHub({ websocket: { port: 0 }, limits })
  onTestFinished(() => hub.close())
  return websocket({ url: hub.websocketUrl })
}

/** A door that handlers wait at until it is opened. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}

/** Resolves when `holds` does; it is asked again after each round of I/O. */
export async function until(holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not so within ${ms} ms: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
