/** Gates: answers requests for a gate, and sends planes off again after a while. */

import { airport, pause, type Service, tallied } from '@airport/contracts'

const names = ['A1', 'A2', 'A3', 'B1', 'B2'] as const
const turnaroundMs = 6_000

export const gates: Service = async (bus, world) => {
  const { clock, random, signal } = world
  const tally = await tallied(bus, world)
  const taken = new Map<string, string>()

  const turnAround = async (gate: string, flight: string, to: string): Promise<void> => {
    await pause({ clock, signal }, turnaroundMs * (0.75 + random() / 2))
    if (signal.aborted) return
    taken.delete(gate)
    await bus.publish(airport.departed, { flight, to, gate })
    await bus.publish(airport.gate, { gate, flight: null })
    tally.count('departed')
  }

  await bus.reply(airport.assignGate, async ({ flight, to }, ctx) => {
    // Who did not hear the answer asks again.
    const given = names.find((name) => taken.get(name) === flight)
    if (given !== undefined) return { gate: given }
    const gate = names.find((name) => !taken.has(name))
    if (gate === undefined) {
      tally.count('refused')
      return ctx.fail('NoGateFree', { waitMs: 1_500 })
    }
    taken.set(gate, flight)
    turnAround(gate, flight, to).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    await ctx.publish(airport.gate, { gate, flight })
    tally.count('answered')
    return { gate }
  })
}
