/** The block of headers that goes over the wire: written, and read again, by what remembers the one before. */

import { headers } from '@nats-io/transport-node'
import { isBusError } from 'busbar/transport'
import { expect, it } from 'vitest'
import { HeaderReader, HeaderWriter } from '../src/header-block.js'
import { fromNats, toNats } from '../src/wire-headers.js'

const written = (record: Record<string, string>): string => new HeaderWriter().write(record).text

it('the block is one line for each header, attributes percent-encoded, others as they are', () => {
  expect(written({ 'ce-key': 'a "b" %é', traceparent: '00-1', own: 'é %' })).toBe(
    'NATS/1.0\r\nce-key: a%20%22b%22%20%25%C3%A9\r\ntraceparent: 00-1\r\nown: é %\r\n\r\n',
  )
})

it('half a pair of surrogates is written as the sign for what cannot be read', () => {
  expect(written({ 'ce-key': 'x\ud800' })).toContain('ce-key: x%EF%BF%BD\r\n')
})

it('F16 a line break cannot forge a header', () => {
  expect(written({ 'ce-key': 'a\r\nforged: 1' })).toContain('ce-key: a%0D%0Aforged:%201\r\n')
  for (const write of [written, toNats]) {
    let error: unknown
    try {
      write({ own: 'a\nforged: 1' })
    } catch (caught) {
      error = caught
    }
    expect(isBusError(error, 'INVALID_OPTION') && error.outcome).toBe('rejected')
  }
})

it('attributes are read as they were before they were written, others as they are, what the server is told not at all', () => {
  const given = headers()
  for (const [name, value] of [
    ['ce-key', 'a%20%C3%A9'],
    ['ce-odd', '%zz'],
    ['own', '%20'],
    ['Nats-Msg-Id', '1'],
  ] as const)
    given.append(name, value)
  const expected = { 'ce-key': 'a é', 'ce-odd': '%zz', own: '%20' }
  expect({ ...fromNats(given) }).toEqual(expected)
  const block = 'NATS/1.0\r\nce-key: a%20%C3%A9\r\nce-odd: %zz\r\nown: %20\r\nNats-Msg-Id: 1\r\n\r\n'
  expect({ ...new HeaderReader().read(block) }).toEqual(expected)
})

it('F9 names that objects have are names like others', () => {
  expect('constructor' in fromNats(headers())).toBe(false)
  const read = new HeaderReader().read('NATS/1.0\r\n__proto__: x\r\n\r\n')
  expect(['constructor' in (read ?? {}), Object.keys(read ?? {})]).toEqual([false, ['__proto__']])
})

it('of several values the first counts, and lines without a name count nothing', () => {
  const block = 'NATS/1.0\r\nown:  1 \r\nodd\r\nown: 2\r\n\r\n'
  expect({ ...new HeaderReader().read(block) }).toEqual({ own: '1' })
})

it.each([
  ['a name with a space', 'NATS/1.0\r\nno name: x\r\n\r\n'],
  ['a line break alone', 'NATS/1.0\r\nown: a\nb: c\r\n\r\n'],
  ['a carriage return alone', 'NATS/1.0\r\nown: a\rb\r\n\r\n'],
  ['no end', 'NATS/1.0\r\nown: a'],
  ['another version', 'NATS/2.0\r\nown: a\r\n\r\n'],
  ['more than is looked at', `NATS/1.0\r\nown: ${'x'.repeat(5_000)}\r\n\r\n`],
])('a block with %s is left to the client', (_, block) => {
  const reader = new HeaderReader()
  reader.read('NATS/1.0\r\nown: a\r\n\r\n')
  expect(reader.read(block)).toBeUndefined()
})

/** Records that differ here and there, each in some of its values, its names, its length. */
function* records(count: number): Generator<Record<string, string>> {
  let seed = 7
  const upTo = (most: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * most)
  }
  for (let index = 0; index < count; index += 1) {
    const record: Record<string, string> = {}
    for (let line = upTo(6); line > 0; line -= 1)
      record[`${upTo(4) === 0 ? 'ce-' : ''}h${line}`] = `${upTo(4) === 0 ? 'é' : 'v'} ${upTo(3)}`
    yield record
  }
}

it('what is remembered of one message never gets into another, written or read', () => {
  const [writer, reader] = [new HeaderWriter(), new HeaderReader()]
  for (const record of records(5_000)) {
    const { text: block, bytes } = writer.write(record)
    expect(bytes).toBe(Buffer.byteLength(block))
    expect(block).toBe(written(record))
    expect({ ...reader.read(block) }).toEqual(record)
    expect({ ...reader.read(block) }).toEqual(record)
  }
})

it('a block that was refused half way leaves nothing behind', () => {
  const writer = new HeaderWriter()
  writer.write({ a: '1', b: '1', c: '1' })
  expect(() => writer.write({ a: '2', b: '\n' })).toThrow('INVALID_OPTION')
  expect(writer.write({ a: '2', b: '1', c: '1' }).text).toBe('NATS/1.0\r\na: 2\r\nb: 1\r\nc: 1\r\n\r\n')
})
