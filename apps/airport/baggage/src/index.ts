/** Baggage: workers at a belt. It jams now and then, and a bag nobody can read ends at Lost & Found. */

import { airport, pause, type Service, tallied } from '@airport/contracts'

const carryMs = 350

export const baggage: Service = async (bus, world) => {
  const { clock, random } = world
  const tally = await tallied(bus, world)
  const worker = world.name

  await bus.work(
    airport.moveBag,
    async ({ tag, flight, smudged }, ctx) => {
      const { attempt } = ctx
      await ctx.publish(airport.belt, { tag, flight, worker, attempt, state: 'moving' })
      await pause({ clock, signal: ctx.signal }, carryMs * (0.5 + random()))
      const jammed = smudged || (attempt === 1 && random() < 0.08)
      if (!jammed) {
        await ctx.publish(airport.belt, { tag, flight, worker, attempt, state: 'delivered' })
        tally.count('delivered')
        return
      }
      const last = attempt >= airport.moveBag.channel.guarantees.retry.attempts
      await ctx.publish(airport.belt, { tag, flight, worker, attempt, state: last ? 'lost' : 'jammed' })
      tally.count(last ? 'lost' : 'retried')
      throw new Error(smudged ? 'the label cannot be read' : 'the belt is jammed')
    },
    { concurrency: 2 },
  )
}
