/** User and password in the URL of a broker: the right ones are let in, wrong ones refused without being quoted. */

import { createBus } from 'busbar'
import { expect, test } from 'vitest'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { connect } from '../src/index.js'

const brokers = [
  ['redis', 'requirepass s:cret'],
  ['nats', 'authorization { user: ann, password: "s:cret" }'],
] as const

const knock = async (url: string): Promise<unknown> => {
  const bus = await createBus({ service: 'visitor', transport: connect(url) }).catch(
    (error: unknown) => error,
  )
  if (bus instanceof Error) return bus
  await (bus as AsyncDisposable)[Symbol.asyncDispose]()
  return 'in'
}

for (const [name, config] of brokers) {
  describeBroker(name, `credentials in the URL of ${name}`, () => {
    test('the right ones open, wrong ones are AUTH_FAILED', async () => {
      await using server = await startBroker(name, { config })
      const user = name === 'redis' ? 'default' : 'ann'
      expect(await knock(`${name}://${user}:s%3Acret@127.0.0.1:${server.port}`)).toBe('in')
      const error = await knock(`${name}://${user}:gu%3Aess@127.0.0.1:${server.port}`)
      expect(error).toMatchObject({ code: 'AUTH_FAILED', message: expect.not.stringMatching(/gu(:|%3A)ess/) })
    })
  })
}
