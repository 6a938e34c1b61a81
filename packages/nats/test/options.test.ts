import { expect, it } from 'vitest'
import { nats } from '../src/index.js'
import { settle } from '../src/options.js'

const url = 'nats://127.0.0.1:4222'

it.each([
  [{ url: 'http://127.0.0.1' }, 'url'],
  [{ url: '127.0.0.1:4222' }, 'url'],
  [{ url, prefix: 'a..b' }, 'prefix'],
  [{ url, provision: 'maybe' }, 'provision'],
  [{ url, heartbeatMs: 0 }, 'heartbeatMs'],
  [{ url, replicas: 1.5 }, 'replicas'],
  [{ url, pasword: 'x' }, 'pasword'],
])('%o is refused at once, naming %s', (options, name) => {
  // What is tested is what a caller without types may pass.
  expect(() => nats(options as Parameters<typeof nats>[0])).toThrow(new RegExp(`INVALID_OPTION: .*${name}`))
})

it('credentials in the url are taken out of it, and options of their own come first', () => {
  const url = 'nats://ann:s%3Acret@a,nats://b'
  const { servers, user, password } = settle({ url })
  expect([servers, user, password]).toEqual([['nats://a:4222', 'nats://b:4222'], 'ann', 's:cret'])
  expect(settle({ url: 'nats://secret@a' }).token).toBe('secret')
  const other = settle({ url, token: 'other' })
  expect([other.user, other.password, other.token]).toEqual([undefined, undefined, 'other'])
  expect(() => nats({ url: 'http://ann:secret@a' })).not.toThrow(/secret/)
})

it('several servers, default ports, and defaults of what is left out', () => {
  const settings = settle({ url: 'nats://a, tls://b:5' })
  expect(settings.servers).toEqual(['nats://a:4222', 'tls://b:5'])
  expect([settings.prefix, settings.replicas, settings.provision]).toEqual(['', 1, 'create'])
})
