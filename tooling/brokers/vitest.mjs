/** Blocks of tests that need a real server: skipped in sight where it is missing, failed where it is required. */
import { describe, test } from 'vitest'
import { brokerAvailable } from './broker.mjs'

const required = (process.env.BUSBAR_REQUIRE_BROKERS ?? '').split(',')

/**
 * A `describe` for tests of one server. Without the server its title says why it is skipped;
 * `BUSBAR_REQUIRE_BROKERS` (`1`, or names with commas) makes it a failure.
 * @param {import('./broker.mjs').BrokerName} name
 * @param {string} title
 * @param {() => void} tests
 */
export function describeBroker(name, title, tests) {
  const available = brokerAvailable(name)
  if (available === true) return describe(title, tests)
  if (!required.includes('1') && !required.includes(name))
    return describe.skipIf(true)(`${title} (skipped: ${available})`, tests)
  describe(title, () => {
    test(`${name} is required`, () => {
      throw new Error(`${name} is required and cannot be started: ${available}`)
    })
  })
}
