import { describe, expect, it } from 'vitest'
import { kafka } from '../src/index.js'
import { type KafkaOptions, settingsOf } from '../src/options.js'

describe('options of kafka()', () => {
  it('take several hosts, and 9092 where no port is named', () => {
    expect(settingsOf({ url: 'kafka://one,two:9093' }).bootstrap).toEqual([
      { host: 'one', port: 9092 },
      { host: 'two', port: 9093 },
    ])
    expect(settingsOf({ url: 'kafkas://one' }).tls).toEqual({})
  })

  it.each<[string, KafkaOptions]>([
    ['another scheme', { url: 'tcp://one' }],
    ['a user without a password', { url: 'kafka://me@one' }],
    ['a wrong number', { url: 'kafka://one', partitions: 0 }],
    ['a retention of nothing', { url: 'kafka://one', retentionMs: 0 }],
    ['an odd prefix', { url: 'kafka://one', prefix: 'a b' }],
  ])('F84 refuse %s with INVALID_OPTION, at once', (_, options) => {
    expect(() => kafka(options)).toThrow('INVALID_OPTION')
  })
})
