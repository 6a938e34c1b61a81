/** Mistakes in what a migration is given, as JavaScript and the environment make them. */

import { memory } from 'busbar'
import { expect, test } from 'vitest'
import { type MigrateOptions, migrate } from '../src/index.js'

const wires = { from: memory(), to: memory() }

test.each([
  [{ write: 'new' }, 'migrate() has "new" as write; it must be "from" or "to".'],
  [{ write: '' }, 'migrate() has "" as write; it must be "from" or "to".'],
  [{ shadow: 'false' }, 'migrate() has "false" as shadow; it must be true or false.'],
  [{ window: 0 }, 'migrate() has 0 as window; it must be a whole number above 0.'],
  [{ window: 1.5 }, 'migrate() has 1.5 as window; it must be a whole number above 0.'],
  [{ window: '10' }, 'migrate() has "10" as window; it must be a whole number above 0.'],
  [{ to: 'nats://localhost' }, 'migrate() has "nats://localhost" as to; it must be a wire'],
  [{ from: undefined }, 'migrate() has undefined as from; it must be a wire'],
  [{ writes: 'to' }, 'migrate() has no option "writes"; there are from, to, write, shadow, window.'],
])('%j is INVALID_OPTION with the name and what it may be', (wrong, message) => {
  // What no type checker has seen.
  const options = { ...wires, ...wrong } as MigrateOptions
  expect(() => migrate(options)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(message) }),
  )
})
