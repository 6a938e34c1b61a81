// Many operations under one AbortSignal: one listener, every one of them ends.

import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { createUntilAborted } from '../src/signal-watch.js'

it('listens once for all who wait and to nothing after them, and ends each of them and nobody else', async () => {
  const untilAborted = createUntilAborted()
  const [controller, other] = [new AbortController(), new AbortController()]
  const listeners = () => getEventListeners(controller.signal, 'abort').length
  const never = new Promise<void>(() => {})
  expect(await untilAborted(Promise.resolve(1), controller.signal, () => 'the first')).toBe(1)
  expect(listeners()).toBe(0)
  const waits = Array.from({ length: 20 }, (_, i) => untilAborted(never, controller.signal, () => i))
  expect(listeners()).toBe(1)
  const otherWait = untilAborted(Promise.resolve(2), other.signal, () => 'another')
  controller.abort()
  const ends = await Promise.allSettled(waits)
  expect(ends).toEqual(ends.map((_, i) => ({ status: 'rejected', reason: i })))
  expect(await otherWait).toBe(2)
  expect(listeners()).toBe(0)
  await expect(untilAborted(never, controller.signal, () => 'too late')).rejects.toBe('too late')
})

it('a promise that fails after its caller gave up is no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  const failing = Promise.reject(new Error('later'))
  const waiting = createUntilAborted()(failing, AbortSignal.abort(), () => new Error('given up'))
  await expect(waiting).rejects.toThrow('given up')
  // Node tells of unhandled rejections when a turn is over.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})
