/** What contract() gives and what it refuses, with the words a user reads. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { contract } from '../../src/contract/contract.js'
import { event, pair, queue, request, stream } from '../../src/contract/factories.js'
import { isBusError } from '../../src/errors.js'

const Plane = z.object({ flight: z.string() })

function failure(run: () => unknown): { code: string; message: string } {
  try {
    run()
  } catch (error) {
    if (isBusError(error)) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('nothing was refused')
}

describe('contract', () => {
  const airport = contract('airport', {
    landed: event(Plane, { path: '{airline}.{flight}' }),
    moveBag: queue(Plane, { key: (bag) => bag.flight, retry: { attempts: 3 }, ttlMs: 60_000 }),
    assignGate: request({ input: Plane, output: Plane, errors: { NoGateFree: Plane }, timeoutMs: 2_000 }),
    radar: stream(Plane, { key: (plane) => plane.flight, keepMs: 3_600_000 }),
    log: stream(Plane),
    hotline: pair({ dialer: Plane, accepter: z.null() }, { path: '{vehicle}' }),
    constructor: event(Plane),
  })

  it('names topics, fills in every default and freezes all of it', () => {
    expect(airport.landed).toMatchObject({
      kind: 'event',
      name: 'airport.landed',
      verbs: 'bus.publish() and bus.subscribe()',
      channel: { name: 'airport.landed', kind: 'event', params: ['airline', 'flight'] },
    })
    expect(airport.landed.channel.guarantees).toEqual({
      tracked: false,
      retry: { attempts: 5, backoff: 'exponential', initialMs: 200, maxMs: 30_000 },
      leaseMs: 30_000,
      ordered: false,
      priority: false,
      ttlMs: undefined,
      dedupeMs: undefined,
      maxBytes: 1_048_576,
      durable: false,
      keepMs: undefined,
      keepCount: undefined,
      keepBytes: undefined,
      streamed: false,
    })
    expect(airport.moveBag.channel.guarantees).toMatchObject({
      tracked: true,
      ordered: true,
      ttlMs: 60_000,
      retry: { attempts: 3, backoff: 'exponential', initialMs: 200, maxMs: 30_000 },
    })
    expect(airport.assignGate.wire.timeoutMs).toBe(2_000)
    expect([...airport.assignGate.wire.errors.keys()]).toEqual(['NoGateFree'])
    expect(airport.hotline.wire.output?.json).toMatchObject({ type: 'null' })
    for (const part of [
      airport,
      airport.landed,
      airport.landed.channel,
      airport.landed.channel.guarantees,
      airport.landed.wire,
    ]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it('makes an event tracked by the presence of retry', () => {
    const { paid } = contract('shop', { paid: event(Plane, { retry: {} }) })
    expect(paid.channel.guarantees).toMatchObject({ tracked: true, ordered: false, retry: { attempts: 5 } })
  })

  it('bounds a stream that names no retention, and only such a one', () => {
    expect(airport.log.channel.guarantees).toMatchObject({
      keepCount: 100_000,
      keepBytes: 67_108_864,
      keepMs: undefined,
    })
    expect(airport.radar.channel.guarantees).toMatchObject({
      keepCount: undefined,
      keepBytes: undefined,
      keepMs: 3_600_000,
    })
  })

  it('F9 names topics after members of Object.prototype', () => {
    expect(airport.constructor.name).toBe('airport.constructor')
    expect(failure(() => contract('airport', { ['__proto__']: event(Plane) })).code).toBe('CONTRACT_INVALID')
  })

  it('says where a topic was defined', () => {
    expect(airport.landed.wire.definedAt).toMatch(/contract\.test\.ts:\d+$/)
  })

  it('fails clearly when a topic is used outside a contract or in two of them', () => {
    const loose = event(Plane)
    const { message, code } = failure(() => loose.channel)
    expect(code).toBe('CONTRACT_INVALID')
    expect(message).toContain("contract('name', { topic: event(...) })")
    expect(message).toMatch(/contract\.test\.ts:\d+/)
    expect(failure(() => loose.name).code).toBe('CONTRACT_INVALID')
    expect(failure(() => contract('other', { landed: airport.landed })).message).toContain('"landed"')
    // The definition itself may serve two contracts.
    expect(contract('a', { loose }).loose.name).toBe('a.loose')
    expect(contract('b', { loose }).loose.name).toBe('b.loose')
  })

  it.each(['', 'Airport', '$sys', 'air.port', 'air port', '__proto__', 'a'.repeat(101), 'é'])(
    'F15 refuses the name %j',
    (name) => {
      expect(failure(() => contract(name, {})).code).toBe('CONTRACT_INVALID')
      expect(failure(() => contract('airport', { [name]: event(Plane) })).code).toBe('CONTRACT_INVALID')
    },
  )

  it('D1 remembers ids of durable topics for two minutes unless told otherwise', () => {
    const { job, brief, loud } = contract('kept', {
      job: queue(Plane, { durable: true }),
      brief: stream(Plane, { durable: true, dedupeMs: 5_000 }),
      loud: event(Plane, { durable: true, retry: { attempts: 2 } }),
    })
    expect([job, brief, loud].map(({ channel }) => channel.guarantees.dedupeMs)).toEqual([
      120_000, 5_000, 120_000,
    ])
  })

  it.each([
    [{ keyy: () => '' }, 'unknown option "keyy"'],
    [{ leaseMs: Number.NaN }, 'leaseMs must be a whole number of at least 1'],
    [{ leaseMs: -1 }, 'leaseMs must be'],
    [{ leaseMs: 1.5 }, 'leaseMs must be'],
    [{ leaseMs: '30s' }, 'leaseMs must be'],
    [{ ttlMs: Number.POSITIVE_INFINITY }, 'ttlMs must be'],
    [{ dedupeMs: 0 }, 'dedupeMs must be'],
    [{ maxBytes: 0 }, 'maxBytes must be'],
    [{ priority: 1 }, 'priority must be true or false'],
    [{ key: 'flight' }, 'key must be a function'],
    [{ retry: 3 }, 'retry must be an object'],
    [{ retry: null }, 'retry must be an object'],
    [{ retry: { attempts: 0 } }, 'retry.attempts must be'],
    [{ retry: { attemps: 3 } }, 'unknown option "retry.attemps"; known: attempts, backoff, initialMs, maxMs'],
    [{ retry: { backoff: 'linear' } }, "retry.backoff must be 'fixed' or 'exponential'"],
    [{ retry: { initialMs: 60_000 } }, 'retry.initialMs (60000) is longer than retry.maxMs (30000)'],
    [{ priority: true, key: () => '' }, 'priority and key contradict'],
    [{ path: 'KL.{flight}' }, 'path must be parameters in braces'],
    [{ path: '' }, 'path must be parameters'],
    [{ path: '{a}.{a}' }, 'path names {a} twice'],
    [{ path: '{__proto__}' }, 'path must be parameters'],
    [{ keepMs: 1 }, 'unknown option "keepMs"'],
  ])('F80 F83 refuses %j naming contract, topic and option', (options, problem) => {
    // As from JavaScript, where no compiler stands before.
    const { code, message } = failure(() => contract('airport', { moveBag: queue(Plane, options as {}) }))
    expect(code).toBe('INVALID_OPTION')
    expect(message).toContain('airport.moveBag')
    expect(message).toContain(problem)
    expect(message).toMatch(/contract\.test\.ts:\d+/)
  })

  it('F83 refuses what only makes sense with retry on a plain event', () => {
    expect(failure(() => contract('a', { b: event(Plane, { leaseMs: 5 }) })).message).toContain(
      'leaseMs needs retry',
    )
    expect(failure(() => contract('a', { b: event(Plane, { durable: true }) })).message).toContain(
      'durable needs retry',
    )
  })

  it('refuses what is no schema and error names that are no names', () => {
    // As from JavaScript.
    expect(failure(() => contract('a', { b: event({} as typeof Plane) })).message).toContain(
      'payload is not a schema',
    )
    const odd = request({ input: Plane, output: Plane, errors: { 'no gate': Plane } })
    expect(failure(() => contract('a', { odd })).code).toBe('CONTRACT_INVALID')
  })
})
