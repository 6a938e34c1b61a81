import { describe, expect, it } from 'vitest'
import { createWatermark } from '../src/ordered/watermark.js'

describe('a watermark', () => {
  it('S3 stays before the first record that is not settled', () => {
    const watermark = createWatermark(5, null)
    for (const offset of [5, 6, 7]) watermark.open(offset)
    watermark.settle(6)
    expect(watermark.offset).toBe(5)
    watermark.settle(5)
    expect(watermark.offset).toBe(7)
    watermark.settle(7)
    expect(watermark.offset).toBe(8)
  })

  it('Q4 keeps the tries of open records over a crash, beside the offset', () => {
    const watermark = createWatermark(5, null)
    for (const offset of [5, 6]) watermark.open(offset)
    watermark.setTries(6, 2)
    const next = createWatermark(watermark.offset, watermark.metadata)
    expect([next.triesOf(5), next.triesOf(6)]).toEqual([0, 2])
  })

  it('takes no notice of what foreign clients keep there', () => {
    for (const kept of ['', 'node-7', '{"tries":7}', '{"tries":{"x":"y"}}']) {
      expect(createWatermark(0, kept).triesOf(0)).toBe(0)
    }
  })

  it('F16 keeps within what the broker takes', () => {
    const watermark = createWatermark(0, null)
    for (let offset = 0; offset < 2_000; offset += 1) watermark.setTries(offset, 1)
    expect(watermark.metadata.length).toBeLessThan(4_096)
  })
})
