import { expect, it } from 'vitest'
import { zeromq } from '../src/index.js'
import { settingsOf } from '../src/options.js'

const url = 'zmq://127.0.0.1:5555'

it.each([
  [{ url: 'http://127.0.0.1:1' }, 'url'],
  [{ url: 'zmq://127.0.0.1' }, 'url'],
  [{ url: 'zmq://127.0.0.1:0' }, 'url'],
  [{ url: 'zmq://127.0.0.1:70000' }, 'url'],
  [{ url, token: '' }, 'token'],
  [{ url, directory: 'maybe' }, 'directory'],
  [{ url, token: 't', listen: 'tcp://0.0.0.0:0' }, 'advertise'],
  [{ url, advertise: 'tcp://127.0.0.1:0' }, 'advertise'],
  [{ url, connectTimeoutMs: 0 }, 'connectTimeoutMs'],
  [{ url, maxQueuedBytes: Number.NaN }, 'maxQueuedBytes'],
  [{ url, subscribeTo: ['nowhere'] }, 'subscribeTo'],
  [{ url, tokn: 'x' }, 'tokn'],
])('%o is refused at once, naming %s', (options, name) => {
  // What is tested is what a caller without types may pass.
  expect(() => zeromq(options as Parameters<typeof zeromq>[0])).toThrow(
    new RegExp(`INVALID_OPTION: .*${name}`),
  )
})

it('credentials in the url are refused without repeating them', () => {
  expect(() => zeromq({ url: 'zmq://ann:secret@127.0.0.1:5555' })).toThrow(/INVALID_OPTION/)
  expect(() => zeromq({ url: 'zmq://ann:secret@127.0.0.1:5555' })).not.toThrow(/secret/)
})

it.each([
  { url: 'zmq://10.0.0.7:5555' },
  { url, listen: 'tcp://10.0.0.7:0' },
  { url, publishTo: 'tcp://10.0.0.7:6001' },
  { url, token: 't', publishTo: 'tcp://10.0.0.7:6001' },
])('%o is open to others without protection and refused with INSECURE_BIND', (options) => {
  expect(() => zeromq(options)).toThrow(/INSECURE_BIND/)
  expect(() => zeromq({ ...options, insecure: true })).not.toThrow()
})

it('a token protects what others can reach', () => {
  expect(() => zeromq({ url: 'zmq://10.0.0.7:5555', listen: 'tcp://10.0.0.8:0', token: 't' })).not.toThrow()
})

it('places are as ZeroMQ wants them, and what is left out has a default', () => {
  expect(settingsOf({ url: 'zmq://localhost:5555' })).toMatchObject({
    url: 'tcp://127.0.0.1:5555',
    listen: 'tcp://127.0.0.1:*',
    directory: 'auto',
    insecure: false,
    maxQueuedBytes: 16_777_216,
  })
})
