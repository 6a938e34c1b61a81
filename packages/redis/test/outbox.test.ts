/** What waits for Redis is counted out as it was counted in. */

import type { Body, PublishRequest } from 'busbar/transport'
import { expect, test } from 'vitest'
import { Outbox } from '../src/outbox.js'
import { channelOf, messageOf } from './support/link.js'

/** As the bus makes them: an upper bound of the size until somebody asks for the bytes. */
function lateBody(): Body {
  const text = Buffer.from('{"gate":"B7"}')
  let size = text.length * 3
  return {
    codec: 'json',
    get size() {
      return size
    },
    bytes() {
      size = text.length
      return text
    },
    retain() {},
  }
}

test('any number of publishes go through one after the other, though their sizes shrink when they are written', async () => {
  const channel = channelOf('queue', 'airport.moveBag')
  const outbox = new Outbox({ maxQueuedMessages: 10, maxQueuedBytes: 100 }, () => ({
    async send(requests) {
      return requests.map(({ message }) => {
        message.body.bytes()
        return { id: message.id, level: 'accepted' }
      })
    },
  }))
  const { signal } = new AbortController()
  for (let count = 0; count < 20; count += 1) {
    const request: PublishRequest = { channel, message: messageOf(channel, 0, { body: lateBody() }) }
    await expect(outbox.publish(request, signal)).resolves.toMatchObject({ level: 'accepted' })
  }
})
