import { makeChannel, makeMessage } from '@busbar/conformance'
import type { DeadReason, Failure } from 'busbar/transport'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type LetterFacts, readFailure, readLetter, writeFailure, writeLetter } from '../src/index.js'

const message = makeMessage(makeChannel('queue', 'airport.moveBag'), 1, { id: 'm', time: 5_000 })

const reason = fc.constantFrom<DeadReason>('rejected', 'attempts', 'schema', 'undecodable', 'expired')
const failure: fc.Arbitrary<Failure> = fc.record({
  code: fc.constantFrom('INTERNAL', 'SCHEMA_INVALID'),
  message: fc.string({ unit: 'binary', maxLength: 60 }),
})
const facts: fc.Arbitrary<LetterFacts> = fc.record({
  reason,
  group: fc.option(fc.string(), { nil: undefined }),
  attempts: fc.integer({ min: 1, max: 1_000 }),
  firstFailure: fc.option(failure, { nil: undefined }),
  lastFailure: fc.option(failure, { nil: undefined }),
  diedAt: fc.integer({ min: 0, max: 4_102_444_800_000 }),
})

it('Q5 a dead letter says after its headers why, how often and when it died', () => {
  fc.assert(
    fc.property(facts, fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined }), (plain, acquired) => {
      const given: LetterFacts = { ...plain, ...(acquired !== undefined && { acquired }) }
      expect(readLetter(writeLetter(given), message)).toEqual({ ...given, message })
    }),
  )
})

it('F11 failures travel as ASCII without line breaks, whatever they say', () => {
  fc.assert(
    fc.property(failure, (given) => {
      const text = writeFailure(given) ?? ''
      expect(text).toMatch(/^[\x20-\x7e]+$/)
      expect(readFailure(text)).toEqual(given)
    }),
  )
})

it('there is no failure where none was kept', () => {
  expect([writeFailure(undefined), readFailure(undefined)]).toEqual([undefined, undefined])
})

it('a letter of a foreign hand has a plain default for all that it leaves out', () => {
  const dead = {
    reason: 'rejected',
    group: undefined,
    attempts: 1,
    firstFailure: undefined,
    lastFailure: undefined,
  }
  expect(readLetter({}, message)).toEqual({ ...dead, message, diedAt: 5_000 })
  const odd = {
    reason: 'boredom',
    attempts: 'many',
    acquired: '1.5',
    at: 'yesterday',
    'last-failure': 'boom',
  }
  const headers = Object.fromEntries(Object.entries(odd).map(([name, text]) => [`busbar-dead-${name}`, text]))
  expect(readLetter(headers, message)).toEqual({
    ...dead,
    message,
    diedAt: 5_000,
    lastFailure: { message: 'boom' },
  })
})

it('a failure that is JSON but none of ours is its text', () => {
  for (const text of ['null', '7', '{}', '{"message":3}', '["message"]']) {
    expect(readFailure(text)).toEqual({ message: text })
  }
})
