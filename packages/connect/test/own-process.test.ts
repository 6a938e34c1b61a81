// A bus in the hub's own process sends nothing that the hub's clients could not take.

import { createHub } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { contract, createBus, event, queue } from 'busbar'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { within } from './within.js'

const post = contract('post', {
  note: event(z.string()),
  parcel: queue(z.string(), { maxBytes: 8 * 1_048_576 }),
})

async function scene() {
  const hub = await createHub({ tcp: { port: 0 }, limits: { drainTimeoutMs: 100 } })
  const own = await createBus({ service: 'own', transport: hub.memory })
  const far = await createBus({ service: 'far', transport: tcp({ url: hub.tcpUrl }) })
  onTestFinished(async () => {
    await Promise.all([own.close(), far.close()])
    await hub.close()
  })
  return { own, far }
}

describe('a bus beside the hub', () => {
  it('is refused a payload that is too large for the clients of the hub', async () => {
    const { own, far } = await scene()
    const got = new Promise<string>((resolve) => void far.work(post.parcel, resolve))
    await expect(own.send(post.parcel, 'x'.repeat(4 * 1_048_576))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
    await own.send(post.parcel, 'small')
    expect(await within(4_000, got)).toBe('small')
  })

  it.each([
    ['an id with half a surrogate pair', { id: 'a\ud800' }],
    ['an id of more than 255 bytes', { id: 'ü'.repeat(200) }],
    ['a key with half a surrogate pair', { key: 'a\ud800' }],
  ])('is refused %s, which no frame carries', async (_what, options) => {
    const { own, far } = await scene()
    const got: string[] = []
    const all = new Promise<void>((resolve) => {
      void far
        .subscribe(post.note, (text) => {
          got.push(text)
          if (text === 'last') resolve()
        })
        .then(async () => {
          await expect(own.publish(post.note, 'odd', options)).rejects.toMatchObject({
            code: 'INVALID_OPTION',
          })
          await own.publish(post.note, 'last')
        })
    })
    await within(4_000, all)
    expect(got).toEqual(['last'])
  })
})
