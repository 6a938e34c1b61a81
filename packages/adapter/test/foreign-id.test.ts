import fc from 'fast-check'
import { expect, it } from 'vitest'
import { foreignId } from '../src/index.js'

it('Q3 one place gives one id at every delivery, another place another', () => {
  expect(foreignId('nats/ORDERS/17')).toBe(foreignId('nats/ORDERS/17'))
  expect(foreignId('nats/ORDERS/17')).not.toBe(foreignId('nats/ORDERS/18'))
})

it('every id is a UUID of version 8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (place) => {
      expect(foreignId(place)).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    }),
  )
})
