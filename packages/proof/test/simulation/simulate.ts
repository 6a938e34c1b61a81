/** Runs the simulation: random commands on every kind of channel; prints seed, path and shrunk commands when it fails. */

import fc from 'fast-check'
import { it } from 'vitest'
import { commands } from './commands.js'
import { DiskMedium } from './disk-medium.js'
import { Play } from './play.js'
import { events, queues, type Scenario, streams } from './scenarios.js'

const codes = {
  queue: 'Q1 Q2 Q4 Q5 E4 D1 F44 F45',
  event: 'E1 E3 E4 Q1 Q2 Q4 Q5 D1 F44 F45',
  stream: 'S1 S2 S3 E4 Q4 Q5 D1 F44 F45',
} as const

/** What fast-check printed, as `seed path`. */
const [seed, path] = process.env.BUSBAR_SIMULATION_REPLAY?.split(' ') ?? []

/** `lives` runs in all, shared by the scenarios. */
export function simulate(lives: number): void {
  const scenarios: readonly (readonly [string, Scenario])[] = Object.entries({
    ...queues,
    ...events,
    ...streams,
  })
  const numRuns = Math.ceil(lives / scenarios.length)
  for (const [name, scenario] of scenarios) {
    const { kind } = scenario.channel
    const code = kind === 'queue' || kind === 'event' ? codes[kind] : codes.stream
    it(`${code} ${name}: ${numRuns} random lives keep every promise`, async () => {
      await fc.assert(
        fc.asyncProperty(commands, (all) => new Play(scenario, new DiskMedium()).play(all)),
        { numRuns, ...(seed && { seed: Number(seed) }), ...(path && { path, endOnFailure: true }) },
      )
    }, 300_000)
  }
}
