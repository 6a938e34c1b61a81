/** From the options of a definition to guarantees with every default filled in; everything odd is refused. */

import type { Guarantees, Kind, RetryPolicy } from '../channel.js'
import type { BusErrorCode } from '../error-table.js'
import { parsePath } from './path.js'

/** Throws a BusError that names the contract and the topic. */
export type Refuse = (code: BusErrorCode, problem: string) => never

type Options = Readonly<Record<string, unknown>>
/** What is wrong with a value, or undefined. */
type Check = (value: unknown) => string | undefined

const whole: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : 'must be a whole number of at least 1'
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')
const fn: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function of the payload')
const object: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'must be an object'
const path: Check = (value) => {
  const parsed = typeof value === 'string' ? parsePath(value) : 'must be a string'
  return typeof parsed === 'string' ? parsed : undefined
}
const backoff: Check = (value) =>
  value === 'fixed' || value === 'exponential' ? undefined : "must be 'fixed' or 'exponential'"

const every = { path, maxBytes: whole }
const delivery = { ...every, key: fn, retry: object, leaseMs: whole, dedupeMs: whole, durable: flag }
const known: Readonly<Record<Kind, Readonly<Record<string, Check>>>> = {
  event: { ...delivery, ttlMs: whole },
  queue: { ...delivery, ttlMs: whole, priority: flag },
  stream: { ...delivery, keepMs: whole, keepCount: whole, keepBytes: whole },
  request: { ...every, streamed: flag, timeoutMs: whole },
  pair: every,
}
const knownOfRetry = { attempts: whole, backoff, initialMs: whole, maxMs: whole }

/** Defaults, in one place. */
export const defaults = {
  retry: { attempts: 5, backoff: 'exponential', initialMs: 200, maxMs: 30_000 },
  leaseMs: 30_000,
  maxBytes: 1_048_576,
  timeoutMs: 30_000,
  /** Of a durable topic. */
  dedupeMs: 120_000,
  /** Of a stream that sets no `keep` option. */
  keepCount: 100_000,
  keepBytes: 67_108_864,
} as const

function checkAll(
  options: Options,
  checks: Readonly<Record<string, Check>>,
  prefix: string,
  refuse: Refuse,
): void {
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) {
      refuse('INVALID_OPTION', `unknown option "${prefix}${name}"; known: ${Object.keys(checks).join(', ')}`)
    }
    const fault = value === undefined ? undefined : check(value)
    if (fault !== undefined) refuse('INVALID_OPTION', `${prefix}${name} ${fault}`)
  }
}

function retryPolicy(given: unknown, refuse: Refuse): RetryPolicy {
  if (given === undefined) return defaults.retry
  // `object` has checked it.
  checkAll(given as Options, knownOfRetry, 'retry.', refuse)
  const policy: RetryPolicy = { ...defaults.retry, ...dropUndefined(given as Partial<RetryPolicy>) }
  if (policy.initialMs > policy.maxMs) {
    refuse(
      'INVALID_OPTION',
      `retry.initialMs (${policy.initialMs}) is longer than retry.maxMs (${policy.maxMs})`,
    )
  }
  return Object.freeze(policy)
}

function dropUndefined<T extends object>(given: T): Partial<T> {
  // Removing undefined members gives a part of the same type.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>
}

function checkRelations(kind: Kind, options: Options, refuse: Refuse): void {
  if (kind === 'event' && options.retry === undefined) {
    for (const name of ['leaseMs', 'durable']) {
      if (options[name] === undefined || options[name] === false) continue
      refuse(
        'INVALID_OPTION',
        `${name} needs retry: without it an event is sent at most once and never waits for anybody`,
      )
    }
  }
  if (options.priority === true && options.key !== undefined) {
    refuse(
      'INVALID_OPTION',
      'priority and key contradict each other: messages of one key stay in order, whatever their priority',
    )
  }
}

/** Checks the options of a definition and gives what they promise; `refuse` gets the first thing that is wrong. */
export function guaranteesOf(kind: Kind, options: Options, refuse: Refuse): Guarantees {
  checkAll(options, known[kind], '', refuse)
  checkRelations(kind, options, refuse)
  // Checked above, so the casts below only name what the checks have proven.
  const number = (name: string): number | undefined => options[name] as number | undefined
  const tracked = kind === 'queue' || kind === 'stream' || (kind === 'event' && options.retry !== undefined)
  const bounded = ['keepMs', 'keepCount', 'keepBytes'].some((name) => options[name] !== undefined)
  const keepsDefault = kind === 'stream' && !bounded
  return Object.freeze({
    tracked,
    retry: retryPolicy(options.retry, refuse),
    leaseMs: number('leaseMs') ?? defaults.leaseMs,
    ordered: tracked && options.key !== undefined,
    priority: options.priority === true,
    ttlMs: number('ttlMs'),
    dedupeMs: number('dedupeMs') ?? (options.durable === true ? defaults.dedupeMs : undefined),
    maxBytes: number('maxBytes') ?? defaults.maxBytes,
    durable: options.durable === true,
    keepMs: number('keepMs'),
    keepCount: keepsDefault ? defaults.keepCount : number('keepCount'),
    keepBytes: keepsDefault ? defaults.keepBytes : number('keepBytes'),
    streamed: options.streamed === true,
  })
}
