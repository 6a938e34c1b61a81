/** Airlines: traffic. Planes ask to land, hand over their bags after landing, and Sloppy Air weighs by eye. */

import {
  airlineCodes,
  airport,
  airportCodes,
  type Plane,
  pause,
  pick,
  type Service,
  sloppyAir,
  tallied,
} from '@airport/contracts'
import { type Context, isBusError } from 'busbar'

/** A plane comes every so many ms on average. */
const everyMs = 1_200
/** So many planes announce themselves without waiting, so that a visitor sees something at once. */
const rush = 3

export const airlines: Service = async (bus, world) => {
  const { clock, random, signal } = world
  const tally = await tallied(bus, world)
  let flowing = true
  let number = 0

  const nextPlane = (): Plane => {
    number += 1
    const airline = number % 4 === 0 ? sloppyAir : pick(random, airlineCodes)
    return {
      airline: airline.code,
      flight: `${airline.code}${100 + number}`,
      from: pick(random, airportCodes),
      to: pick(random, airportCodes),
      bags: 1 + Math.floor(random() * 4),
    }
  }

  const announce = async (): Promise<void> => {
    const plane = nextPlane()
    const { airline, flight } = plane
    await bus.publish(airport.approach, plane, { params: { airline, flight }, signal })
    tally.count('approaches')
  }

  /** The bag's id comes from the landing: who hears of one landing twice hands over the same bags. */
  const handOver = async (plane: Plane, index: number, ctx: Context<string>): Promise<void> => {
    const bag = `${ctx.id}/${index + 1}`
    const tag = `${plane.flight}-${index + 1}`
    const sloppy = plane.airline === sloppyAir.code
    const kg =
      sloppy && index === 0 ? 33 + Math.round(random() * 90) / 10 : 5 + Math.round(random() * 250) / 10
    const smudged = sloppy ? index === 1 : random() < 0.04
    try {
      await ctx.send(airport.moveBag, { tag, flight: plane.flight, kg, smudged }, { id: bag })
      await ctx.append(airport.custody, { bag, tag, step: 'checked in' }, { id: `${bag}/checked in` })
      tally.count('bagsSent')
    } catch (error) {
      if (!isBusError(error, 'SCHEMA_INVALID')) throw error
      tally.count('bagsRejected')
      const { issues } = error.details
      await ctx.publish(airport.rejected, {
        sender: sloppyAir.name,
        topic: airport.moveBag.name,
        about: `${tag}, ${kg} kg`,
        issues: issues.map((issue) => `${issue.path}: ${issue.message}`),
      })
    }
  }

  await bus.reply(airport.traffic, (wish) => {
    flowing = wish.flowing
    return { flowing }
  })

  await bus.subscribe(
    airport.landed,
    async (plane, ctx) => {
      for (let index = 0; index < plane.bags; index += 1) await handOver(plane, index, ctx)
      tally.count('unloaded')
    },
    { concurrency: 8 },
  )

  const fly = async (): Promise<void> => {
    for (let index = 0; index < rush; index += 1) await announce()
    while (!signal.aborted) {
      await pause({ clock, signal }, everyMs * (0.5 + random()))
      if (flowing && !signal.aborted) await announce()
    }
  }
  fly().catch((error: unknown) => {
    // The bus closes before the signal reaches us now and then; anything else is a defect.
    if (!signal.aborted && !isBusError(error, 'CLOSED')) throw error
  })
}
