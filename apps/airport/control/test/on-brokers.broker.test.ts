/** The airport on real brokers: what one can carry goes over it, the hub has the rest, and the counts add up. */

import { connect } from '@busbar/connect'
import { systemClock, systemRandom } from 'busbar/transport'
import { expect, test } from 'vitest'
import { describeBroker, startBroker } from '../../../../tooling/brokers/index.mjs'
import { carriedBy } from '../src/over-broker.js'
import { fly } from './headless-run.js'

const host = {
  ...{ service: 'control', instance: 'probe', clock: systemClock, random: systemRandom },
  onState: () => {},
}

/** Kinds of the topics that travel over the broker, at least; what its adapter claims on a server with these settings. */
const brokers = [
  [
    'redis',
    'appendfsync always',
    ['moveBag', 'custody', 'radar', 'approach', 'assignGate', 'hotline', 'belt'],
  ],
  ['nats', undefined, ['assignGate', 'hotline', 'belt', 'gate']],
  ['rabbitmq', undefined, ['approach', 'assignGate', 'hotline', 'belt']],
  ['kafka', undefined, ['belt', 'gate']],
  ['artemis', undefined, ['belt', 'gate']],
  ['sqs', undefined, ['gate']],
] as const

for (const [name, config, topics] of brokers) {
  describeBroker(name, 'the airport', () => {
    test(`Q1 the airport adds up over ${name}`, { timeout: 180_000 }, async () => {
      await using server = await startBroker(name, config === undefined ? {} : { config })
      const { url } = server
      const wire = await connect(url)(host)
      const carried = carriedBy(wire)
      await wire.close(AbortSignal.abort())
      console.log(`${name} carries ${carried.join(', ')}`)
      expect(carried).toEqual(expect.arrayContaining(topics.map((topic) => `airport.${topic}`)))
      const counts = await fly('--seed', '7', '--seconds', '4', '--url', url)
      expect(counts.mismatches).toEqual([])
      expect(counts.landings).toBeGreaterThan(3)
      expect(counts.bagsCheckedIn).toBe(counts.bagsDelivered + counts.bagsDead)
      expect(counts.radarReplayed).toBe(counts.radarAppended)
    })
  })
}
