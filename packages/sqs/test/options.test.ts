/** Options and addresses: what is meant is understood, what is wrong is named. */

import { describe, expect, it } from 'vitest'
import { settingsOf } from '../src/options.js'

describe('options', () => {
  it('a URL of Amazon names the region and needs no endpoint', () => {
    expect(settingsOf({ url: 'sqs://sqs.eu-central-1.amazonaws.com' })).toMatchObject({
      ...{ isAmazon: true, endpoint: undefined, region: 'eu-central-1', credentials: undefined },
      place: 'Amazon SQS in eu-central-1',
    })
    expect(settingsOf({ region: 'eu-west-1' })).toMatchObject({ isAmazon: true, region: 'eu-west-1' })
  })

  it('any other URL is a compatible server, by HTTP unless tls=true, with placeholders for credentials', () => {
    expect(settingsOf({ url: 'sqs://localhost:9324?region=elasticmq' })).toMatchObject({
      ...{ isAmazon: false, endpoint: 'http://localhost:9324', region: 'elasticmq' },
      credentials: { accessKeyId: 'anybody' },
    })
    expect(settingsOf({ url: 'sqs://queues.example?tls=true' }).endpoint).toBe('https://queues.example')
  })

  it('credentials in a URL are used and do not show in messages', () => {
    const settings = settingsOf({ url: 'sqs://key:sec%2Fret@localhost:9324' })
    expect(settings.credentials).toEqual({ accessKeyId: 'key', secretAccessKey: 'sec/ret' })
    expect(settings.place).toBe('http://localhost:9324')
  })

  it.each([
    [{ url: 'http://localhost' }, 'its url, which begins with sqs://'],
    [{ url: 'sqs://localhost', endpoint: 'http://localhost' }, 'not both'],
    [{ endpoint: 'localhost' }, 'its endpoint, which begins with http:// or https://'],
    [{ prefix: 'a_b' }, 'prefix is "a_b"'],
    [{ prefix: 'thirteen-char' }, 'prefix is "thirteen-char"'],
    [{ waitSeconds: 21 }, 'waitSeconds is 21; it must be a whole number from 1 to 20'],
    [{ waitSeconds: 0.5 }, 'waitSeconds is 0.5'],
    [{ routesMs: 1 }, 'routesMs is 1'],
    [{ maxMessageBytes: 2_000_000 }, 'maxMessageBytes is 2000000'],
  ])('%j is INVALID_OPTION', (options, what) => {
    expect(() => settingsOf(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(() => settingsOf(options)).toThrow(what)
  })

  it('an unknown option is named', () => {
    const options = JSON.parse('{ "qeueu": 1 }')
    expect(() => settingsOf(options)).toThrow('sqs() knows no option "qeueu"')
  })
})
