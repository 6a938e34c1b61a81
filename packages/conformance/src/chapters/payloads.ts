/** Odd and large payloads: every byte arrives, nothing is interpreted on the way. */

import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import type { Scene } from '../scene.js'
import { mailbox } from '../seam/mailbox.js'
import { patternBytes, upTo } from '../seam/values.js'

/** Sends bytes through a queue between two links and demands the same bytes. */
async function roundTrip(scene: Scene, ...payloads: readonly Uint8Array[]): Promise<void> {
  const [sender, worker] = [await scene.link(), await scene.link()]
  const topic = scene.channel('queue')
  for (const bytes of payloads) await sender.publish(topic, undefined, { bytes })
  const items = await (await worker.consume(topic)).take(payloads.length, 'messages')
  for (const [index, bytes] of payloads.entries()) {
    const arrived = items[index]?.message.body.bytes() ?? new Uint8Array()
    expectThat(sameBytes(arrived, bytes), `all ${bytes.byteLength} bytes arrive as they left`)
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index])
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** Sends headers and demands the same. */
async function headerTrip(scene: Scene, headers: Readonly<Record<string, string>>): Promise<void> {
  const [sender, worker] = [await scene.link(), await scene.link()]
  const topic = scene.channel('queue')
  await sender.publish(topic, 1, { headers })
  const { message } = await (await worker.consume(topic)).next('the message')
  expectSame(Object.entries(message.headers).sort(), Object.entries(headers).sort(), 'headers')
}

export const payloads = chapter('payloads', [
  {
    name: 'no-bytes',
    title: 'F11 a payload of 0 bytes arrives',
    proves: 'queue',
    run: (scene) => roundTrip(scene, new Uint8Array(0)),
  },
  {
    name: 'every-byte',
    title: 'F11 every value of a byte arrives, in the middle and at the ends',
    proves: 'queue',
    run: (scene) => roundTrip(scene, Uint8Array.from([255, 0, 10, 13, ...upTo(256), 0, 255])),
  },
  {
    name: 'large',
    title: 'F11 a megabyte arrives',
    proves: 'queue',
    async run(scene) {
      await roundTrip(scene, patternBytes(Math.min(1_000_000, scene.capabilities.limits.maxMessageBytes)))
    },
  },
  {
    name: 'odd-text',
    title: 'F11 U+0000, lone surrogates as JSON writes them, and text beyond the BMP arrive',
    proves: 'queue',
    run: (scene) => roundTrip(scene, text(JSON.stringify(['\0', '\ud800', '𝄞', '', '\u2028']))),
  },
  {
    name: 'names-of-object-properties',
    title: 'F9 a payload with __proto__ and constructor is plain data',
    proves: 'queue',
    async run(scene) {
      await roundTrip(scene, text('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'))
      expectThat(!('polluted' in {}), 'no prototype was touched')
    },
  },
  {
    name: 'deep',
    title: 'F8 the wire does not look into payloads, however deep or broken',
    proves: 'queue',
    run: (scene) => roundTrip(scene, text('['.repeat(50_000)), text('{"broken'), Uint8Array.of(0xff, 0xfe)),
  },
  {
    name: 'many-headers',
    title: 'F16 64 headers with any text arrive',
    proves: 'queue',
    async run(scene) {
      const headers = upTo(64).map((n) => [`header-${n}`, `wert ${n} – ü 𝄞`])
      await headerTrip(scene, Object.fromEntries(headers))
    },
  },
  {
    name: 'headers-named-like-properties',
    title: 'F9 headers named __proto__ and constructor are plain data',
    proves: 'queue',
    async run(scene) {
      await headerTrip(
        scene,
        Object.fromEntries([
          ['__proto__', 'a'],
          ['constructor', 'b'],
          ['empty', ''],
        ]),
      )
      expectThat(!('polluted' in {}), 'no prototype was touched')
    },
  },
  {
    name: 'odd-keys',
    title: 'an empty key is a key, and no key is none',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      for (const key of ['', '  ', '__proto__', 'ü𝄞']) await link.publish(topic, 1, { key })
      await link.publish(topic, 1)
      const items = await (await link.consume(topic)).take(5, 'messages')
      expectSame(
        items.map((item) => item.message.key),
        ['', '  ', '__proto__', 'ü𝄞', undefined],
        'keys',
      )
    },
  },
  {
    name: 'large-and-small-mixed',
    title: 'large and small payloads in turn keep their borders',
    proves: 'queue',
    async run(scene) {
      const [sender, worker] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const largest = Math.min(200_000, scene.capabilities.limits.maxMessageBytes)
      const sizes = [0, 1, 65_535, 2, 65_536, 0, 65_537, 3, largest, 1]
      await sender.declare(topic)
      await Promise.all(sizes.map((size) => sender.publish(topic, 0, { bytes: patternBytes(size) })))
      const items = await (await worker.consume(topic)).take(sizes.length, 'messages')
      expectThat(
        items.every((item, index) => sameBytes(item.message.body.bytes(), patternBytes(sizes[index] ?? -1))),
        'every payload arrives as it left',
      )
    },
  },
  {
    name: 'exchanges-too',
    title: 'F11 requests and answers carry any bytes, also none',
    proves: 'request',
    async run(scene) {
      const [caller, responder] = [await scene.link(), await scene.link()]
      const topic = scene.channel('request')
      const asked = mailbox<Uint8Array>()
      await responder.accept(topic, ({ message, exchange }) => {
        asked.put(message.body.bytes())
        void exchange.send({ body: message.body, end: true })
        exchange.close({ code: 'DONE' })
      })
      await caller.declare(topic)
      for (const bytes of [new Uint8Array(0), text('"\\u0000"'), text(`"${'x'.repeat(100_000)}"`)]) {
        const call = caller.open(topic, 0, { bytes, timeoutMs: 10_000 })
        expectThat(sameBytes(await asked.next('the request'), bytes), 'the request arrives as it left')
        const part = await call.parts.next('the answer')
        expectThat(sameBytes(part.body.bytes(), bytes), 'the answer arrives as it left')
      }
    },
  },
])
