/** The receipts of a broker whose confirms carry no offsets. */

import { expect, test } from 'vitest'
import { z } from 'zod'
import { contract, createBus, memory, stream } from '../../src/index.js'

const { radar } = contract('airport', { radar: stream(z.number()) })

test('F84 as a broker that does not tell offsets, memory leaves them out of receipts; readers get them', async () => {
  await using plain = await createBus({ service: 'tower', transport: memory() })
  expect(await plain.append(radar, 1)).toHaveProperty('offset', 0)
  await using bus = await createBus({ service: 'tower', transport: memory({ as: 'rabbitmq' }) })
  expect(await bus.append(radar, 1)).not.toHaveProperty('offset')
  for await (const { ctx } of bus.replay(radar, { from: 'start', to: 'now' })) expect(ctx.offset).toBe(0)
  expect.assertions(3)
})
