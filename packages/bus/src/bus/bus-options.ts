/** The options of createBus, checked by name and value: a typing mistake must not become a default. */

import type { BusOptions } from '../bus.js'
import { BusError } from '../errors.js'

type Check = (value: unknown) => string | undefined

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/
const fn: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function')

const checks: Readonly<Record<keyof BusOptions, Check>> = {
  service: (value) =>
    typeof value === 'string' && nameForm.test(value) && value !== 'each'
      ? undefined
      : 'must be a name of 1 to 100 letters, digits, ".", "_" and "-" that is not "each"',
  transport: (value) =>
    typeof value === 'function'
      ? undefined
      : 'must be what memory(), tcp({ url }) or, for a URL from outside, connect(url) returns',
  middleware: (value) =>
    value === undefined || (Array.isArray(value) && value.every((layer) => typeof layer === 'function'))
      ? undefined
      : 'must be an array of functions',
  clock: (value) =>
    value === undefined || (typeof value === 'object' && value !== null) ? undefined : 'must be a Clock',
  random: (value) => (value === undefined ? undefined : fn(value)),
  drainTimeoutMs: (value) =>
    value === undefined || (typeof value === 'number' && value >= 0 && Number.isFinite(value))
      ? undefined
      : 'must be a number of ms of at least 0',
  contracts: (value) =>
    value === undefined || value === 'compatible' || value === 'strict'
      ? undefined
      : "must be 'compatible' or 'strict'",
}

/** INVALID_OPTION names the first wrong or unknown option. */
export function checkBusOptions(options: BusOptions): void {
  const given: Readonly<Record<string, unknown>> = { ...options }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(checks, name)) {
      throw invalid(`createBus has no option "${name}"; it takes ${Object.keys(checks).join(', ')}`)
    }
  }
  for (const [name, check] of Object.entries(checks)) {
    const problem = check(given[name])
    if (problem !== undefined) throw invalid(`The option "${name}" of createBus ${problem}`)
  }
}

const invalid = (what: string): BusError => new BusError('INVALID_OPTION', `${what}.`)
