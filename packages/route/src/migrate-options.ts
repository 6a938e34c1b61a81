/** What a migration is given: a mistake in it would move messages to where nobody looks. */

import { BusError, type Connect } from 'busbar/transport'

export interface MigrateOptions {
  readonly from: Connect
  readonly to: Connect
  /** Where messages go; requests and pairs go there too. Default `from`; `to` is the move. */
  readonly write?: 'from' | 'to'
  /** While writing to `from`: sends a marked copy of each message to `to`. Default true. */
  readonly shadow?: boolean
  /** Ids per group and side that may wait for their other half, default 100,000. */
  readonly window?: number
}

const isWire = (value: unknown): boolean => typeof value === 'function'

/** Of each option what it must be. */
const checks: {
  readonly [Name in keyof MigrateOptions]-?: readonly [(value: unknown) => boolean, string]
} = {
  from: [isWire, 'a wire, as nats(…) gives it'],
  to: [isWire, 'a wire, as nats(…) gives it'],
  write: [(value) => value === 'from' || value === 'to', '"from" or "to"'],
  shadow: [(value) => typeof value === 'boolean', 'true or false'],
  window: [(value) => Number.isSafeInteger(value) && Number(value) > 0, 'a whole number above 0'],
}

/** Every option with its value; INVALID_OPTION names the one that is wrong. */
export function settingsOf(options: MigrateOptions): Required<MigrateOptions> {
  for (const name in options) {
    if (!Object.hasOwn(checks, name)) {
      throw invalid(`migrate() has no option "${name}"; there are ${Object.keys(checks).join(', ')}.`)
    }
  }
  const { from, to, write = 'from', shadow = true, window = 100_000 } = options
  const settings = { from, to, write, shadow, window }
  for (const name of ['from', 'to', 'write', 'shadow', 'window'] as const) {
    const [isRight, text] = checks[name]
    if (isRight(settings[name])) continue
    throw invalid(`migrate() has ${JSON.stringify(settings[name])} as ${name}; it must be ${text}.`)
  }
  return settings
}

const invalid = (text: string): BusError => new BusError('INVALID_OPTION', text)
