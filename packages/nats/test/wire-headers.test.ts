/** The block of headers that goes over the wire, and the collection that makes it. */

import { headers } from '@nats-io/transport-node'
import { isBusError } from 'busbar/transport'
import { expect, it } from 'vitest'
import { fromNats, WireHeaders } from '../src/wire-headers.js'

const written = (record: Record<string, string>): string =>
  new TextDecoder().decode(new WireHeaders(record).encode())

it('the block is one line for each header, attributes percent-encoded, others as they are', () => {
  expect(written({ 'ce-key': 'a "b" %é', traceparent: '00-1', own: 'é %' })).toBe(
    'NATS/1.0\r\nce-key: a%20%22b%22%20%25%C3%A9\r\ntraceparent: 00-1\r\nown: é %\r\n\r\n',
  )
})

it('half a pair of surrogates is written as the sign for what cannot be read', () => {
  expect(written({ 'ce-key': 'x\ud800' })).toContain('ce-key: x%EF%BF%BD\r\n')
})

it('a line break cannot forge a header', () => {
  expect(written({ 'ce-key': 'a\r\nforged: 1' })).toContain('ce-key: a%0D%0Aforged:%201\r\n')
  let error: unknown
  try {
    written({ own: 'a\nforged: 1' })
  } catch (caught) {
    error = caught
  }
  expect(isBusError(error, 'INVALID_OPTION') && error.outcome).toBe('rejected')
})

it('attributes are read as they were before they were written, others as they are, what the server is told not at all', () => {
  const given = { 'ce-key': 'a%20%C3%A9', 'ce-odd': '%zz', own: '%20', 'Nats-Msg-Id': '1' }
  expect({ ...fromNats(new WireHeaders(given)) }).toEqual({ 'ce-key': 'a é', 'ce-odd': '%zz', own: '%20' })
})

it('names that objects have are names like others', () => {
  expect('constructor' in fromNats(headers())).toBe(false)
})

it('the collection is one as the client wants it', () => {
  const own = new WireHeaders({ a: '1' })
  own.append('b', '2')
  own.set('c', '3')
  own.delete('a')
  expect([...own]).toEqual([
    ['b', ['2']],
    ['c', ['3']],
  ])
  expect([own.get('b'), own.last('c'), own.values('a'), own.has('a'), own.keys()]).toEqual([
    '2',
    '3',
    [],
    false,
    ['b', 'c'],
  ])
  expect([own.hasError, own.code, own.status, own.description]).toEqual([false, 0, '', ''])
})
