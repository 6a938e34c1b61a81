/** What is written and read as bytes is what the client would have written and read, and the client does it where they cannot. */

import { createConnection } from 'node:net'
import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { isBusError } from 'busbar/transport'
import { expect, it, onTestFinished } from 'vitest'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { HeaderReader, HeaderWriter } from '../src/header-block.js'
import { Publication } from '../src/publication.js'
import { headersOf } from '../src/wire-headers.js'
import { bare, server } from './world.js'

/** The client without the fields that are not public. */
const publicOf = (nc: NatsConnection) => ({
  publish: nc.publish.bind(nc),
  isClosed: () => nc.isClosed(),
  ...(nc.info !== undefined && { info: nc.info }),
})

async function take(messages: AsyncIterable<Msg>, count: number): Promise<Msg[]> {
  const taken: Msg[] = []
  for await (const message of messages) if (taken.push(message) === count) break
  return taken
}

describeBroker('nats', 'bytes', () => {
  it('a publication arrives the same, written as one block or by the client', async () => {
    const { url } = await server()
    const nc = await bare(url)
    const subscription = nc.subscribe('a.>')
    const record = { 'ce-key': 'a b', own: 'c é', 'Nats-Odd': '1' }
    const payloads = ['{"é":1}', '', new Uint8Array([0, 255, 13, 10]), 'x'.repeat(100_000)]
    for (const payload of payloads) {
      for (const reply of ['', 'to.me']) {
        const publication = new Publication(new HeaderWriter(), 'a.b', record, payload, reply)
        for (const to of [nc, publicOf(nc)]) publication.send(to)
      }
    }
    const arrived = await take(subscription, payloads.length * 4)
    const shown = arrived.map(({ subject, reply, headers, data }) => ({
      ...{ subject, reply, data: Buffer.from(data).toString('base64') },
      headers: [...(headers ?? [])],
    }))
    for (const [index, payload] of payloads.entries()) {
      for (const [at, reply] of ['', 'to.me'].entries()) {
        const [block, client] = shown.slice(index * 4 + at * 2, index * 4 + at * 2 + 2)
        expect(block).toEqual(client)
        expect(block).toEqual({
          subject: 'a.b',
          reply,
          data: Buffer.from(payload).toString('base64'),
          headers: [
            ['ce-key', ['a%20b']],
            ['own', ['c é']],
            ['Nats-Odd', ['1']],
          ],
        })
      }
    }
  })

  it('F15 F16 a subject that would break its line is INVALID_TOPIC, and a connection that has ended takes nothing', async () => {
    const { url } = await server('max_payload: 2048')
    const nc = await bare(url)
    const codeOf = (doing: () => unknown): unknown => {
      try {
        return doing()
      } catch (error) {
        return isBusError(error) ? error.code : 'thrown by the client'
      }
    }
    for (const subject of ['', 'a b', 'a\r\nPUB x 0\r\n']) {
      expect(codeOf(() => new Publication(new HeaderWriter(), subject, {}, '1'))).toBe('INVALID_TOPIC')
      if (subject !== '')
        expect(codeOf(() => new Publication(new HeaderWriter(), 'a.b', {}, '1', subject))).toBe(
          'INVALID_TOPIC',
        )
    }
    expect(codeOf(() => new Publication(new HeaderWriter(), 'a.b', {}, 'x'.repeat(2_040)).send(nc))).toBe(
      'TOO_LARGE',
    )
    await nc.close()
    expect(codeOf(() => new Publication(new HeaderWriter(), 'a.b', {}, '1').send(nc))).toBe(
      'thrown by the client',
    )
  })

  it('headers of any bytes are read as by the client, whatever came before', async () => {
    const { url } = await server()
    const nc = await bare(url)
    const subscription = nc.subscribe('a.b')
    await nc.flush()
    const lines = [
      ...[
        'own: a',
        'own: b',
        'Own: c',
        'ce-key: a%20b',
        'ce-key:%zz',
        'ce-odd: \u00e9',
        'own:',
        ': x',
        'odd',
      ],
      ...['no name: x', 'own: a\rb', 'own: a\nb: c', '__proto__: x', 'constructor: y', 'Nats-Msg-Id: 1'],
      ...['', 'own:  \t a \u00a0 ', `long: ${'x'.repeat(5_000)}`, `${'many: x\r\n'.repeat(80)}last: y`],
    ]
    const starts = ['NATS/1.0', 'NATS/1.0 503', 'NATS/1.0 100 Idle Heartbeat', 'NATS/1.0  ']
    const texts = starts.flatMap((start) =>
      lines.flatMap((line) => [
        `${start}\r\n${line}\r\n\r\n`,
        `${start}\r\nce-type: t\r\n${line}\r\n${lines[0]}\r\n\r\n`,
      ]),
    )
    const blocks = [
      ...texts.map((text) => Buffer.from(text)),
      Buffer.from('NATS/1.0\r\nown: \xff\xc3\r\n\r\n', 'latin1'),
    ]
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write('CONNECT {"verbose":false,"headers":true}\r\n')
    for (const block of blocks) {
      socket.write(`HPUB a.b ${block.byteLength} ${block.byteLength + 1}\r\n`)
      socket.write(block)
      socket.write('7\r\n')
    }
    socket.write('PUB a.b 1\r\n7\r\n')
    const reader = new HeaderReader()
    const messages = await take(subscription, blocks.length + 1)
    for (const message of messages) {
      const expected = { ...headersOf(message) }
      expect({ ...reader.of(message) }).toEqual(expected)
      expect({ ...new HeaderReader().of(message) }).toEqual(expected)
    }
    const known = messages.find((message) => message.headers?.get('ce-type') === 't')
    expect({ ...reader.of({ headers: known?.headers }) }).toMatchObject({ 'ce-type': 't' })
    expect({ ...reader.of({ headers: headers() }) }).toEqual({})
  })
})
