/** Names of queues: legal, readable, and one channel's never another's. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { baseOf, nameOf, type Role, roleOf, tokenOf } from '../src/names.js'

const legal = /^[A-Za-z0-9_-]{1,75}(\.fifo)?$/
const role = fc.oneof(
  fc.constant<Role>({ is: 'main' }),
  fc.constant<Role>({ is: 'dead' }),
  fc.string({ minLength: 1, maxLength: 60 }).map((group): Role => ({ is: 'group', group })),
  fc.stringMatching(/^[0-9a-z]{16}$/).map((id): Role => ({ is: 'each', id })),
)
const channel = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}(\.[a-zA-Z_-]{1,8}){1,3}$/),
  fc.string({ minLength: 1, maxLength: 100 }),
)
const prefix = fc.option(fc.stringMatching(/^[A-Za-z0-9-]{1,12}$/), { nil: undefined })

describe('names of queues', () => {
  it('dots become underscores, and roles are readable', () => {
    const base = baseOf('prod', 'airport.moveBag')
    expect(nameOf(base, { is: 'main' }, false)).toBe('prod__airport_moveBag')
    expect(nameOf(base, { is: 'main' }, true)).toBe('prod__airport_moveBag.fifo')
    expect(nameOf(base, { is: 'dead' }, true)).toBe('prod__airport_moveBag__dead.fifo')
    expect(nameOf(base, { is: 'group', group: 'billing' }, false)).toBe('prod__airport_moveBag__for__billing')
  })

  it('every name is legal and tells its role', () => {
    fc.assert(
      fc.property(prefix, channel, role, fc.boolean(), (start, name, one, isFifo) => {
        const base = baseOf(start, name)
        const queue = nameOf(base, one, isFifo)
        expect(queue).toMatch(legal)
        expect(queue.length).toBeLessThanOrEqual(80)
        expect(roleOf(base, queue)).toEqual({ is: one.is, isFifo })
      }),
    )
  })

  it('two channels never share a name', () => {
    fc.assert(
      fc.property(channel, channel, (one, other) => {
        fc.pre(one !== other)
        expect(baseOf(undefined, one)).not.toBe(baseOf(undefined, other))
      }),
    )
    for (const [one, other] of [
      ['a.b', 'a_b'],
      ['a.b', 'a__b'],
      ['a.b-', 'a.b_'],
    ] as const) {
      expect(baseOf(undefined, one)).not.toBe(baseOf(undefined, other))
    }
  })

  it('a queue of a channel whose name begins alike is not its own', () => {
    const base = baseOf(undefined, 'airport.bag')
    for (const other of ['airport_bags', 'airport_bag_x', 'airport_bag2.fifo', 'airport_ba']) {
      expect(roleOf(base, other)).toBeUndefined()
    }
  })

  it('keys that SQS takes stay as they are, others become a hash', () => {
    expect(tokenOf('KL-23')).toBe('KL-23')
    for (const odd of ['', '  ', 'ü', 'x'.repeat(129)]) expect(tokenOf(odd)).toMatch(/^[0-9a-f]{64}$/)
  })
})
