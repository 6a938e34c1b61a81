import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FrameParser } from '../src/frame-parser.js'
import { frameType } from '../src/frames.js'
import { hexOf, vectors } from './vectors.js'

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
const documented = new Map(
  [...page.matchAll(/^\| ([^|]+) \| `([0-9a-f ]+)` \|$/gm)].map(([, name, hex]) => [
    name?.trim() ?? '',
    hex?.replaceAll(' ', '') ?? '',
  ]),
)

describe('docs/protocol.md', () => {
  it('shows every vector and no other', () => {
    expect([...documented.keys()]).toEqual(Object.keys(vectors))
  })

  it.each(Object.entries(vectors))('%s has the bytes that the page shows', (name, write) => {
    expect(hexOf(write)).toBe(documented.get(name))
  })

  it('shows frames that the parser takes', () => {
    const parser = new FrameParser(8_192)
    for (const hex of documented.values()) {
      parser.push(Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)))
      expect(parser.next()).toBe(true)
    }
    expect(parser.bufferedBytes).toBe(0)
  })

  it('names every frame with its number', () => {
    const rows = [...page.matchAll(/^\| ([A-Z]+) \| 0x([0-9a-f]{2}) \|/gm)]
    expect(
      Object.fromEntries(rows.map(([, name, hex]) => [name?.toLowerCase(), Number.parseInt(hex ?? '', 16)])),
    ).toEqual(frameType)
  })
})
