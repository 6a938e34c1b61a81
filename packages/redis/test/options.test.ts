import { isBusError } from 'busbar/transport'
import { expect, test } from 'vitest'
import { redis } from '../src/index.js'
import { settingsOf } from '../src/options.js'

const url = 'redis://localhost:6379'

function refused(options: Parameters<typeof redis>[0]): string {
  try {
    redis(options)
  } catch (error) {
    return isBusError(error, 'INVALID_OPTION') ? error.message : String(error)
  }
  return 'taken'
}

test('every setting has a default', () => {
  expect(settingsOf({ url })).toMatchObject({
    provision: 'create',
    prefix: 'busbar',
    groups: {},
    connectTimeoutMs: 5_000,
    maxQueuedMessages: 10_000,
    maxQueuedBytes: 16_777_216,
    lookMs: 1_000,
  })
})

test('INVALID_OPTION names what is wrong, before anything is connected', () => {
  expect(refused({ url: 'http://localhost' })).toContain('redis://host:6379')
  expect(refused({ url, prefix: 'a b' })).toContain('prefix is "a b"')
  expect(refused({ url, lookMs: 0 })).toContain('lookMs is 0')
  expect(refused(Object.assign({ url }, { provison: 'verify' }))).toContain('no option "provison"')
})

test('credentials in the url are taken out of it, and options of their own come first', () => {
  expect(settingsOf({ url: 'redis://a%40b:s%3Acret@localhost:6379/2' })).toMatchObject({
    ...{ url: 'redis://localhost:6379/2', username: 'a@b', password: 's:cret' },
  })
  expect(settingsOf({ url: 'rediss://:secret@localhost', password: 'other' })).toMatchObject({
    ...{ url: 'rediss://localhost', username: undefined, password: 'other' },
  })
})

test('no message about a url repeats a password', () => {
  expect(refused({ url: 'gopher://user:secret@localhost' })).not.toContain('secret')
})
