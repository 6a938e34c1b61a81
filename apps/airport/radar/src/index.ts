/** Radar: follows each plane and appends where it is ten times a second. */

import { airport, type Plane, pause, type Service, tallied } from '@airport/contracts'

const sweepMs = 100
/** Distance per sweep on a field that reaches from -1 to 1. */
const speed = 0.028

/** More landings than a crash could bring up again. */
const remembered = 1_000

interface Blip {
  angle: number
  distance: number
  state: 'approach' | 'circling' | 'landing'
}

export const radar: Service = async (bus, world) => {
  const { clock, random, signal } = world
  const tally = await tallied(bus, world)
  const blips = new Map<string, Blip>()

  /** Approaches whose plane is down: one that is heard of again after a crash must not put it back into the sky. */
  const down = new Set<string>()
  const follow = (plane: Plane, state: Blip['state'], approach: string): void => {
    if (down.has(approach)) return
    if (state === 'landing') down.add(approach)
    for (const oldest of down) if (down.size > remembered) down.delete(oldest)
    const blip = blips.get(plane.flight)
    if (blip === undefined) blips.set(plane.flight, { angle: random() * 2 * Math.PI, distance: 0.98, state })
    else if (blip.state !== 'landing') blip.state = state
  }

  /** Planes in a holding pattern turn at a third of the way; landing planes come straight in. */
  const move = (flight: string, blip: Blip): void => {
    if (blip.state === 'landing') blip.distance -= speed * 1.6
    else if (blip.distance > 0.36) blip.distance -= speed
    else blip.angle += speed * 2
    if (blip.distance <= 0.04) blips.delete(flight)
  }

  const at = (value: number): number => Math.round(Math.max(-1, Math.min(1, value)) * 1_000) / 1_000 + 0

  // The approach is what causes all that is published of a plane.
  await bus.subscribe(airport.approach, (plane, ctx) => follow(plane, 'approach', ctx.correlationId))
  await bus.subscribe(airport.circling, (plane, ctx) => follow(plane, 'circling', ctx.correlationId))
  await bus.subscribe(airport.landed, (plane, ctx) => follow(plane, 'landing', ctx.correlationId))

  const sweep = async (): Promise<void> => {
    while (!signal.aborted) {
      await pause({ clock, signal }, sweepMs)
      for (const [flight, blip] of blips) {
        move(flight, blip)
        const x = at(Math.cos(blip.angle) * blip.distance)
        const y = at(Math.sin(blip.angle) * blip.distance)
        await bus.append(airport.radar, { flight, x, y, state: blip.state })
        tally.count('appended')
      }
    }
  }
  sweep().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
