import { expect, it } from 'vitest'
import { readItems, writeItem } from '../src/items.js'

const bytes = (text: string) => new TextEncoder().encode(text)

it('items come out of a batch as they went in', () => {
  const batch = Buffer.concat([
    writeItem([], bytes('one')),
    writeItem([7, 4_294_967_295], bytes('')),
    writeItem([1], bytes('x')),
  ])
  const items = [...readItems(batch)].map(({ numbers, content }) => [numbers, content.toString()])
  expect(items).toEqual([
    [[], 'one'],
    [[7, 4_294_967_295], ''],
    [[1], 'x'],
  ])
})

it('F1 lengths that lie are refused with PROTOCOL_ERROR', () => {
  const item = writeItem([1, 2], bytes('payload'))
  for (let end = 1; end < item.byteLength; end += 1) {
    expect(() => [...readItems(item.subarray(0, end))], `${end} bytes`).toThrow(/PROTOCOL_ERROR/)
  }
  const hostile = Buffer.from(item)
  hostile.writeUInt32BE(0xffffffff, 4)
  expect(() => [...readItems(hostile)]).toThrow(/PROTOCOL_ERROR/)
})
