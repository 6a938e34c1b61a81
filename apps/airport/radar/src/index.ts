/** Radar: follows each plane and appends where it is ten times a second. */

import { airport, type Plane, pause, type Service, tallied } from '@airport/contracts'

const sweepMs = 100
/** Distance per sweep on a field that reaches from -1 to 1. */
const speed = 0.028

interface Blip {
  angle: number
  distance: number
  state: 'approach' | 'circling' | 'landing'
}

export const radar: Service = async (bus, world) => {
  const { clock, random, signal } = world
  const tally = await tallied(bus, world)
  const blips = new Map<string, Blip>()

  const follow = (plane: Plane, state: Blip['state']): void => {
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

  await bus.subscribe(airport.approach, (plane) => follow(plane, 'approach'))
  await bus.subscribe(airport.circling, (plane) => follow(plane, 'circling'))
  await bus.subscribe(airport.landed, (plane) => follow(plane, 'landing'))

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
