/** Builds frames in slabs: one memory block for many frames, handed over in runs. */

import { BusError } from 'busbar/transport'
import { headerBytes } from './frames.js'
import { writeUuid } from './uuid.js'

/** Tails from this size on are passed along instead of copied. */
const passAlongBytes = 32 * 1024
const encoder = new TextEncoder()

/**
 * Frames that were not handed over yet. Numbers are big endian and trusted to be in range.
 * A frame that was begun and not ended is dropped by the next `begin()`, so an encoder may throw half way.
 */
export class FrameWriter {
  private slab: Uint8Array
  private view: DataView
  /** Where the next byte goes. */
  private position = 0
  /** Where the last whole frame ends. */
  private whole = 0
  /** Bytes of the slab before this were handed over. */
  private handed = 0
  private readonly chunks: Uint8Array[] = []
  private chunkBytes = 0
  private rememberedFor: object | undefined
  private remembered: Uint8Array | undefined

  constructor(private readonly slabBytes = 64 * 1024) {
    this.slab = new Uint8Array(slabBytes)
    this.view = new DataView(this.slab.buffer)
  }

  /** Bytes of the whole frames that wait for `handOver()`. */
  get pendingBytes(): number {
    return this.chunkBytes + this.whole - this.handed
  }

  begin(type: number, flags: number): void {
    this.position = this.whole
    this.reserve(headerBytes)
    this.slab[this.position + 4] = type
    this.slab[this.position + 5] = flags
    this.position += headerBytes
  }

  /** Bytes of the frame under construction, header included. */
  get frameBytes(): number {
    return this.position - this.whole
  }

  /** Ends the frame and gives its size in bytes, header included. */
  end(): number {
    const size = this.position - this.whole
    this.view.setUint32(this.whole, size - 4)
    this.whole = this.position
    return size
  }

  /** Ends the frame with `bytes[start..end)`, which must not change until they are sent. */
  endWith(bytes: Uint8Array, start = 0, end = bytes.length): number {
    const length = end - start
    if (length < passAlongBytes) {
      this.bytes(bytes, start, end)
      return this.end()
    }
    const size = this.position - this.whole + length
    this.view.setUint32(this.whole, size - 4)
    this.whole = this.position
    this.cut()
    this.chunks.push(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
    this.chunkBytes += length
    return size
  }

  /** Ends the frame with a text that has no halves of surrogate pairs. */
  endWithText(text: string): number {
    this.reserve(text.length * 3)
    this.position += encoder.encodeInto(text, this.slab.subarray(this.position)).written
    return this.end()
  }

  /** Gives all whole frames to `send` in order and forgets them; false if one of the calls gave false. */
  handOver(send: (chunk: Uint8Array) => boolean): boolean {
    this.cut()
    let ready = true
    for (const chunk of this.chunks) ready = send(chunk) && ready
    this.chunks.length = 0
    this.chunkBytes = 0
    return ready
  }

  u8(value: number): void {
    this.reserve(1)
    this.slab[this.position++] = value
  }

  u16(value: number): void {
    this.reserve(2)
    this.view.setUint16(this.position, value)
    this.position += 2
  }

  u32(value: number): void {
    this.reserve(4)
    this.view.setUint32(this.position, value)
    this.position += 4
  }

  u48(value: number): void {
    this.reserve(6)
    this.view.setUint16(this.position, Math.floor(value / 0x1_0000_0000))
    this.view.setUint32(this.position + 2, value >>> 0)
    this.position += 6
  }

  u64(value: number): void {
    this.reserve(8)
    this.view.setUint32(this.position, Math.floor(value / 0x1_0000_0000))
    this.view.setUint32(this.position + 4, value >>> 0)
    this.position += 8
  }

  bytes(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const length = end - start
    this.reserve(length)
    // Copying a handful of bytes by hand is cheaper than the native call, a view for it dearer than both.
    if (length <= 48)
      for (let i = start; i < end; i++) this.slab[this.position + i - start] = bytes[i] as number
    else
      this.slab.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.position)
    this.position += length
  }

  /** True when `again` would write what was written for this object. */
  remembers(key: object): boolean {
    return key === this.rememberedFor
  }

  again(): void {
    if (this.remembered !== undefined) this.bytes(this.remembered)
  }

  /** Keeps a copy of the frame's bytes from `mark` on. Only for frozen objects, since others may change. */
  remember(key: object, mark: number): void {
    if (!Object.isFrozen(key)) return
    this.rememberedFor = key
    this.remembered = this.slab.slice(this.whole + mark, this.position)
  }

  /** A UUID as 16 bytes; false, and nothing is written, for any other text. */
  uuid(text: string): boolean {
    this.reserve(16)
    if (!writeUuid(text, this.slab, this.position)) return false
    this.position += 16
    return true
  }

  /** Sets a byte of the frame that was written before, `frameBytes` being `mark` then. */
  setU8(mark: number, value: number): void {
    this.slab[this.whole + mark] = value
  }

  /** Leaves room for a length of four bytes, which `endLength32` with this result fills in. */
  beginLength32(): number {
    this.u32(0)
    return this.frameBytes
  }

  endLength32(mark: number): void {
    this.view.setUint32(this.whole + mark - 4, this.frameBytes - mark)
  }

  /** A text with a length of one byte before it; TOO_LARGE from 256 bytes on. */
  text8(text: string): void {
    this.reserve(1)
    this.position += 1
    const length = this.utf8(text)
    if (length > 0xff) throw tooLong(text, 0xff)
    // Not at a place noted before: the frame may have moved to another slab meanwhile.
    this.slab[this.position - length - 1] = length
  }

  /** A text with a length of two bytes before it; TOO_LARGE from 65,536 bytes on. */
  text16(text: string): void {
    this.reserve(2)
    this.position += 2
    const length = this.utf8(text)
    if (length > 0xffff) throw tooLong(text, 0xffff)
    this.view.setUint16(this.position - length - 2, length)
  }

  /** A text with a length of four bytes before it. */
  text32(text: string): void {
    const mark = this.beginLength32()
    this.utf8(text)
    this.endLength32(mark)
  }

  private utf8(text: string): number {
    this.reserve(text.length * 3)
    const start = this.position
    const { slab } = this
    const short = text.length <= 64 ? text.length : 0
    let i = 0
    while (i < short) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) break
      slab[start + i++] = code
    }
    if (i < text.length) {
      if (/\p{Surrogate}/u.test(text)) throw loneSurrogate()
      i = encoder.encodeInto(text, slab.subarray(start)).written
    }
    this.position = start + i
    return i
  }

  private reserve(bytes: number): void {
    if (this.position + bytes > this.slab.length) this.grow(bytes)
  }

  /** Moves the frame under construction to a new slab; the frames before it wait in the old one. */
  private grow(bytes: number): void {
    const begun = this.position - this.whole
    const old = this.slab
    const from = this.whole
    this.cut()
    this.slab = new Uint8Array(Math.max(this.slabBytes, 2 * (begun + bytes)))
    this.view = new DataView(this.slab.buffer)
    this.slab.set(old.subarray(from, from + begun))
    this.whole = 0
    this.handed = 0
    this.position = begun
  }

  private cut(): void {
    if (this.whole === this.handed) return
    this.chunks.push(this.slab.subarray(this.handed, this.whole))
    this.chunkBytes += this.whole - this.handed
    this.handed = this.whole
  }
}

function tooLong(text: string, max: number): BusError {
  return new BusError('TOO_LARGE', `The text "${text.slice(0, 32)}..." is longer than ${max} bytes.`, {
    outcome: 'rejected',
  })
}

function loneSurrogate(): BusError {
  return new BusError('UNENCODABLE', 'A text holds half of a surrogate pair, which UTF-8 cannot carry.', {
    outcome: 'rejected',
  })
}
