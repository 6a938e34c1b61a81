/** A second copy is known by the first, and nothing else is taken for one. */

import { attemptHeader } from '@busbar/adapter'
import { expect, test } from 'vitest'
import type { Incoming } from '../src/messages.js'
import { Recent } from '../src/recent.js'

const copy = (id: string, resent: number, attempt?: string): Incoming =>
  // Only what names a copy is looked at.
  ({
    message: { id },
    resent,
    headers: attempt === undefined ? {} : { [attemptHeader]: attempt },
  }) as Incoming

test('F57 what was sent again is a copy only if one before it came, and the same one may come again', () => {
  const recent = new Recent()
  expect(recent.add(copy('a', 0))).toBe(false)
  expect(recent.add(copy('a', 0))).toBe(false)
  expect(recent.add(copy('a', 1))).toBe(true)
  expect(recent.add(copy('b', 1))).toBe(false)
  expect(recent.add(copy('b', 1))).toBe(false)
  expect(recent.add(copy('b', 2))).toBe(true)
})

test('F57 a retry is not the copy of the try before it', () => {
  const recent = new Recent()
  recent.add(copy('a', 0))
  expect(recent.add(copy('a', 1, '1'))).toBe(false)
})

test('F57 what was lost with the link is handled when its copy comes', () => {
  const recent = new Recent()
  recent.add(copy('a', 0))
  recent.forget(copy('a', 0))
  expect(recent.add(copy('a', 1))).toBe(false)
})

test('F57 4,096 messages later the first is still known, and what is kept has an end', () => {
  const recent = new Recent()
  recent.add(copy('first', 0))
  for (let n = 0; n < 4_096; n += 1) recent.add(copy(`${n}`, 0))
  expect(recent.add(copy('first', 1))).toBe(true)
  for (let n = 0; n < 2 * 4_096; n += 1) recent.add(copy(`${n}`, 0))
  expect(recent.add(copy('first', 2))).toBe(false)
})
