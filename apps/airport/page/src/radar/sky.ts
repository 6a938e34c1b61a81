/** The planes in the sky at one moment, folded from points of the radar stream. */

export interface Point {
  readonly flight: string
  readonly x: number
  readonly y: number
  readonly state: 'approach' | 'circling' | 'landing'
}

export interface Blip extends Point {
  readonly time: number
  /** Where it was before, oldest first. */
  readonly trail: readonly (readonly [x: number, y: number])[]
}

export interface Sky {
  /** Time of the newest point. */
  readonly time: number
  readonly blips: ReadonlyMap<string, Blip>
  saw(point: Point, time: number): void
  clear(): void
}

const trailLength = 26
/** A plane without a new point for so long has landed. */
const goneMs = 1_200

export function createSky(): Sky {
  const blips = new Map<string, Blip>()
  let newest = 0
  return {
    get time() {
      return newest
    },
    blips,
    saw(point, time) {
      newest = Math.max(newest, time)
      const before = blips.get(point.flight)
      const trail = before === undefined ? [] : [...before.trail, [before.x, before.y] as const]
      blips.set(point.flight, { ...point, time, trail: trail.slice(-trailLength) })
      for (const [flight, blip] of blips) if (blip.time < newest - goneMs) blips.delete(flight)
    },
    clear() {
      blips.clear()
      newest = 0
    },
  }
}
