// Many operations under one AbortSignal: one listener, every one of them ends.

import { expect, it, vi } from 'vitest'
import { createUntilAborted } from '../src/signal-watch.js'

it('listens once for all who wait, and ends each of them and nobody else', async () => {
  const untilAborted = createUntilAborted()
  const [controller, other] = [new AbortController(), new AbortController()]
  const listen = vi.spyOn(controller.signal, 'addEventListener')
  const never = new Promise<void>(() => {})
  expect(await untilAborted(Promise.resolve(1), controller.signal, () => 'the first')).toBe(1)
  const waits = Array.from({ length: 20 }, (_, i) => untilAborted(never, controller.signal, () => i))
  const otherWait = untilAborted(Promise.resolve(2), other.signal, () => 'another')
  controller.abort()
  const ends = await Promise.allSettled(waits)
  expect(ends).toEqual(ends.map((_, i) => ({ status: 'rejected', reason: i })))
  expect(await otherWait).toBe(2)
  expect(listen).toHaveBeenCalledTimes(1)
  await expect(untilAborted(never, controller.signal, () => 'too late')).rejects.toBe('too late')
})
