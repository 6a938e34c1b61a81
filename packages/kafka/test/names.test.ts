import { describe, expect, it } from 'vitest'
import { namesWith } from '../src/names.js'
import { partitionOf } from '../src/wire/producer.js'

describe('names at Kafka', () => {
  const names = namesWith('staging.')

  it('are those of the bus, with what belongs to them behind two dots', () => {
    expect(names.topic('airport.moveBag')).toBe('staging.airport.moveBag')
    expect(names.dead('airport.moveBag')).toBe('staging.airport.moveBag..dead')
    expect(names.later('airport.moveBag', undefined)).toBe('staging.airport.moveBag..later')
    expect(names.again('airport.landed', 'billing')).toBe('staging.airport.landed..billing..again')
    expect(names.group('airport.landed', 'billing')).toBe('staging.airport.landed:billing')
  })

  it('F15 two names with characters that Kafka does not allow stay two', () => {
    const [one, two] = [names.topic('airport.büro'), names.topic('airport.b%ro')]
    expect(one).toMatch(/^[A-Za-z0-9._-]+$/)
    expect(one).not.toBe(two)
  })

  it('F15 a name that is too long is INVALID_TOPIC', () => {
    expect(() => names.topic('x'.repeat(250))).toThrow('INVALID_TOPIC')
  })
})

describe('the partition of a key', () => {
  it('is where the Java client puts it', () => {
    // Hashes of the tests of Kafka's own client: -973932308, -790332482, -985981536.
    const places = [
      ['21', -973_932_308],
      ['foobar', -790_332_482],
      ['a-little-bit-long-string', -985_981_536],
    ] as const
    for (const [key, hash] of places) {
      expect(partitionOf(Buffer.from(key), 1_000)).toBe((hash & 0x7fffffff) % 1_000)
    }
  })
})
