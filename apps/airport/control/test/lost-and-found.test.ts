/** What the desk makes of dead letters. */
import { expect, test } from 'vitest'
import { bagIn, withNewLabel } from '../src/lost-and-found.js'

const bag = { tag: 'ZZ104-2', flight: 'ZZ104', kg: 12, smudged: true }

test('a lost bag gets a new label; what is no bag stays where it is', () => {
  expect(withNewLabel({ payload: bag })).toEqual({ ...bag, smudged: false })
  for (const payload of [undefined, null, 'bag', { ...bag, kg: '12' }, { ...bag, tag: undefined }]) {
    expect(bagIn(payload)).toBeUndefined()
    expect(withNewLabel({ payload })).toBeUndefined()
  }
})
