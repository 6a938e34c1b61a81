import { isBusError } from 'busbar/transport'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameParser } from '../src/frame-parser.js'
import { FrameWriter } from '../src/frame-writer.js'

const frameArb = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  flags: fc.integer({ min: 0, max: 255 }),
  body: fc.uint8Array({ maxLength: 300 }),
})

function bytesOf(frames: readonly { type: number; flags: number; body: Uint8Array }[]): Uint8Array {
  const out = new FrameWriter(256)
  for (const { type, flags, body } of frames) {
    out.begin(type, flags)
    out.endWith(body)
  }
  const chunks: Uint8Array[] = []
  out.handOver((chunk) => {
    chunks.push(chunk)
    return true
  })
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))
}

function parse(chunks: Iterable<Uint8Array>, maxFrameBytes = 1024) {
  const parser = new FrameParser(maxFrameBytes)
  const frames = []
  for (const chunk of chunks) {
    parser.push(chunk)
    while (parser.next()) {
      const { type, flags, body } = parser
      frames.push({ type, flags, body: body.data.slice(body.position, body.end) })
    }
  }
  return frames
}

function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

const header = (length: number): Uint8Array => {
  const bytes = new Uint8Array(6)
  new DataView(bytes.buffer).setUint32(0, length)
  return bytes
}

const codeOf = (run: () => unknown): string => {
  try {
    run()
    return 'nothing'
  } catch (error) {
    return isBusError(error) ? error.code : `not a BusError: ${error}`
  }
}

describe('frame parser', () => {
  it('F3 any cut of the byte stream gives the same frames', () => {
    const run = (frames: Parameters<typeof bytesOf>[0], sizes: readonly number[]): void => {
      expect(parse(cut(bytesOf(frames), sizes))).toEqual(frames)
    }
    fc.assert(
      fc.property(
        fc.array(frameArb, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 }),
        run,
      ),
    )
  })

  it('F3 chunks that pile up before anybody asks give the same frames', () => {
    const frames = [1, 2, 3].map((type) => ({ type, flags: 0, body: new Uint8Array(100).fill(type) }))
    const parser = new FrameParser(1024)
    for (const chunk of cut(bytesOf(frames), [7])) parser.push(chunk)
    const types = []
    while (parser.next()) types.push(parser.type)
    expect(types).toEqual([1, 2, 3])
    expect(parser.bufferedBytes).toBe(0)
  })

  it.each([0, 1])('F1 a length of %i is a PROTOCOL_ERROR', (length) => {
    expect(codeOf(() => parse([header(length)]))).toBe('PROTOCOL_ERROR')
  })

  it.each([0x8000_0000, 0xffff_ffff, 1025])('F1 F2 a length of %i is refused from the header', (length) => {
    expect(codeOf(() => parse([header(length)]))).toBe('FRAME_TOO_LARGE')
    expect(codeOf(() => parse(cut(header(length), [1])))).toBe('FRAME_TOO_LARGE')
  })

  it('F1 memory grows with the bytes that came, not with those that were announced', () => {
    const parser = new FrameParser(16 * 1024 * 1024)
    parser.push(header(16 * 1024 * 1024))
    expect(parser.next()).toBe(false)
    expect(parser.bufferedBytes).toBe(6)
    expect(parser.heldBytes).toBeLessThan(1024)
  })

  it('F3 a body of 10 MB in chunks of one byte takes time in proportion to a small one', () => {
    const perByte = (length: number): number => {
      const bytes = new Uint8Array(length + 4)
      bytes.set(header(length))
      let copied = 0
      const parser = new FrameParser(length)
      let held = 0
      for (let at = 0; at < bytes.length; at++) {
        parser.push(bytes.subarray(at, at + 1))
        parser.next()
        // A block that grew means that everything before was copied once.
        if (parser.heldBytes !== held) copied += parser.bufferedBytes
        held = parser.heldBytes
      }
      return copied / length
    }
    expect(perByte(10_000_000)).toBeLessThan(3)
  })

  it('F4 twenty thousand frames of one write need no recursion', () => {
    const frames = Array.from({ length: 20_000 }, () => ({ type: 6, flags: 0, body: new Uint8Array(0) }))
    expect(parse([bytesOf(frames)])).toHaveLength(20_000)
  })

  it('F55 a chunk that comes when a turn ended at the border of chunks waits for those before it', () => {
    const chunkOf = (type: number): Uint8Array => bytesOf([{ type, flags: 0, body: new Uint8Array(3) }])
    const parser = new FrameParser(1024)
    const types: number[] = []
    const take = (): void => {
      if (parser.next()) types.push(parser.type)
    }
    for (const type of [1, 2, 3]) parser.push(chunkOf(type))
    take()
    parser.push(chunkOf(4))
    for (let left = 4; left > 0; left--) take()
    expect(types).toEqual([1, 2, 3, 4])
    expect(parser.bufferedBytes).toBe(0)
  })

  it('random bytes give frames or a BusError, never anything else', () => {
    const run = (bytes: Uint8Array, sizes: readonly number[]): void => {
      expect(['nothing', 'PROTOCOL_ERROR', 'FRAME_TOO_LARGE']).toContain(
        codeOf(() => parse(cut(bytes, sizes))),
      )
    }
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat(30), { minLength: 1 }).map((s) => s.map((n) => n + 1)),
        run,
      ),
    )
  })
})
