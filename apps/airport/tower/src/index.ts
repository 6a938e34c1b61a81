/** Tower: asks for a gate within a deadline, lets planes circle while there is none, and leads them in by hotline. */

import { airport, type Plane, pause, type Service, tallied } from '@airport/contracts'
import { type Context, isBusError, isFailure } from 'busbar'

/** Planes the tower talks to at a time; the others wait their turn. */
const controllers = 32

export const tower: Service = async (bus, world) => {
  const { clock } = world
  const tally = await tallied(bus, world)

  /** A gate, or how long to wait before asking again. */
  const askForGate = async (
    plane: Plane,
    ctx: Context<string>,
  ): Promise<{ readonly gate: string } | { readonly waitMs: number }> => {
    try {
      const { gate } = await ctx.request(airport.assignGate, { flight: plane.flight, to: plane.to })
      tally.count('answered')
      return { gate }
    } catch (error) {
      if (isFailure(error, airport.assignGate, 'NoGateFree')) {
        tally.count('refused')
        return error.details.data
      }
      if (isBusError(error, 'CLOSED')) throw error
      // Gates are away: the plane stays up there, which is what planes do.
      tally.count('unanswered')
      return { waitMs: 1_000 }
    }
  }

  /** A plane lands once, however often its approach is heard: the landing has an id that comes from it. */
  const land = async (plane: Plane, ctx: Context<string>): Promise<void> => {
    const { airline, flight } = plane
    const once = { id: `${ctx.id}/landed`, params: { airline, flight } }
    for (let round = 1; ; round += 1) {
      // The claim is gone: another tower has the plane now, or will have.
      ctx.signal.throwIfAborted()
      const answer = await askForGate(plane, ctx)
      if ('gate' in answer) {
        await ctx.publish(airport.landed, { ...plane, gate: answer.gate }, once)
        tally.count('landed')
        return
      }
      await ctx.publish(airport.circling, { ...plane, round })
      tally.count('circled')
      await pause({ clock, signal: ctx.signal }, answer.waitMs)
    }
  }

  await bus.subscribe(
    airport.approach,
    async (plane, ctx) => {
      tally.count('approaches')
      // Long enough to be seen on the radar before it comes down.
      await pause({ clock, signal: ctx.signal }, 2_500)
      await land(plane, ctx)
    },
    { concurrency: controllers },
  )

  await bus.subscribe(airport.landed, (plane) => leadIn(plane), { group: 'tower-ground' })

  const leadIn = async (plane: Plane & { gate: string }): Promise<void> => {
    const vehicle = 'follow-me'
    const tell = (say: string, state: 'open' | 'said' | 'closed', from: 'tower' | 'vehicle' = 'tower') =>
      bus.publish(airport.call, { vehicle, from, say, state })
    try {
      await using line = await bus.dial(airport.hotline, { params: { vehicle }, timeoutMs: 1_000 })
      const order = `${plane.flight} to gate ${plane.gate}`
      await tell(order, 'open')
      await line.send({ say: order })
      for await (const { say } of line) await tell(say, 'said', 'vehicle')
      await tell('over', 'closed')
      tally.count('calls')
    } catch (error) {
      if (!isBusError(error)) throw error
      tally.count('callsFailed')
    }
  }
}
