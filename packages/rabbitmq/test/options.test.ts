/** What users may say, and what they are told when it is wrong. */

import { describe, expect, test } from 'vitest'
import { rabbitmq } from '../src/index.js'
import { settingsOf } from '../src/options.js'

describe('options', () => {
  test('have defaults, and credentials stay out of what is shown', () => {
    const settings = settingsOf({ url: 'amqp://bus:secret@broker:5673/prod' })
    expect(settings).toMatchObject({
      url: 'amqp://bus:secret@broker:5673/prod',
      address: 'amqp://broker:5673/prod',
      provision: 'create',
      maxMessageBytes: 16_777_216,
    })
    expect(settingsOf({ url: 'amqp://broker', username: 'a b', password: 'p@ss' }).url).toBe(
      'amqp://a%20b:p%40ss@broker',
    )
  })

  test.each([
    [{ url: 'http://broker' }, 'url'],
    [{ url: 'nonsense' }, 'url'],
    [{ url: 'amqp://broker', prefix: 'a b' }, 'prefix'],
    [{ url: 'amqp://broker', connectTimeoutMs: 0 }, 'connectTimeoutMs'],
    [{ url: 'amqp://broker', maxMessageBytes: 1.5 }, 'maxMessageBytes'],
    [{ url: 'amqp://broker', groups: { 'airport.landed': [''] } }, 'groups'],
  ])('%o is refused with INVALID_OPTION', (options, word) => {
    expect(() => rabbitmq(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(() => rabbitmq(options)).toThrow(word)
  })
})
