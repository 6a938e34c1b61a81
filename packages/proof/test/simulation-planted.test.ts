/** The simulation finds what is wrong: faults between the engine and its store, and below the store. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { commands } from './simulation/commands.js'
import { PlantedMedium, planted } from './simulation/planted.js'
import { Play } from './simulation/play.js'
import { queues, streams } from './simulation/scenarios.js'

const scenarios = { ...queues, ...streams }

it('F44 the simulation finds nothing in a hub without a planted fault', async () => {
  const none = { journal: () => ({}), owner: () => ({}) }
  await fc.assert(
    fc.asyncProperty(commands, (all) => new Play(queues.plain, new PlantedMedium(none)).play(all)),
    { seed: 7, numRuns: 50 },
  )
})

for (const [name, fault] of Object.entries(planted)) {
  it(`F44 the simulation finds ${name}`, async () => {
    const { failed } = await fc.check(
      fc.asyncProperty(commands, (all) =>
        new Play(scenarios[fault.scenario ?? 'plain'], new PlantedMedium(fault)).play(all),
      ),
      { seed: 7, numRuns: 500, endOnFailure: true },
    )
    expect(failed).toBe(true)
  })
}
