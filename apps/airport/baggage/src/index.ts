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
      const { attempt, id: bag } = ctx
      if (ctx.acquired > attempt) tally.count('redelivered')
      /** Under an id of its own: however often a bag is carried, its end is on record once. */
      const ended = (step: 'delivered' | 'lost') =>
        ctx.append(airport.custody, { bag, tag, step }, { id: `${bag}/${step}` })
      await ctx.publish(airport.belt, { tag, flight, worker, attempt, state: 'moving' })
      await pause({ clock, signal: ctx.signal }, carryMs * (0.5 + random()))
      // The claim is gone: somebody else carries this bag.
      ctx.signal.throwIfAborted()
      const jammed = smudged || (attempt === 1 && random() < 0.08)
      if (!jammed) {
        await ended('delivered')
        await ctx.publish(airport.belt, { tag, flight, worker, attempt, state: 'delivered' })
        tally.count('delivered')
        return
      }
      const last = attempt >= airport.moveBag.channel.guarantees.retry.attempts
      if (last) await ended('lost')
      await ctx.publish(airport.belt, { tag, flight, worker, attempt, state: last ? 'lost' : 'jammed' })
      tally.count(last ? 'lost' : 'retried')
      throw new Error(smudged ? 'the label cannot be read' : 'the belt is jammed')
    },
    { concurrency: 2 },
  )
}
