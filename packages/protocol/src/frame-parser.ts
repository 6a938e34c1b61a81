/** Cuts a byte stream into frames: one iterative state machine for every link, linear in the bytes it gets. */

import { BusError } from 'busbar/transport'
import { FrameReader } from './frame-reader.js'
import { headerBytes } from './frames.js'
import { protocolError } from './protocol-error.js'

/** How much one turn of a caller's loop should take before it lets others run. */
export const turnFrames = 256
export const turnBytes = 1024 * 1024

/** Up to this size a gathered frame gets its block at once. */
const smallFrameBytes = 4 * 1024

/**
 * Usage: `push(chunk)`, then `next()` until it is false; after each true, `type`, `flags` and `body` describe one
 * frame until the next call. Frames inside one chunk are views of it; a frame that spans chunks is gathered in a
 * block of its own, which grows with the bytes that really came and never to the length that was only announced.
 * Both may be kept; keeping a view keeps its chunk.
 */
export class FrameParser {
  type = 0
  flags = 0
  readonly body = new FrameReader()
  private chunk: Uint8Array = new Uint8Array(0)
  private position = 0
  private readonly waiting: Uint8Array[] = []
  private waitingFrom = 0
  private waitingBytes = 0
  /** The beginning of a frame whose rest has not come. */
  private partial: Uint8Array = new Uint8Array(0)
  private partialBytes = 0

  /** `maxFrameBytes` bounds the length field; it may be raised when a peer has authenticated. */
  constructor(public maxFrameBytes: number) {}

  /** Bytes that were pushed and are not part of a frame that was given yet. */
  get bufferedBytes(): number {
    return this.partialBytes + this.chunk.length - this.position + this.waitingBytes
  }

  /** Size of the block in which a frame is being gathered. */
  get heldBytes(): number {
    return this.partial.length
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    // A turn may have ended where this chunk does, with others behind it.
    if (this.position === this.chunk.length && this.waiting.length === 0) {
      this.chunk = chunk
      this.position = 0
      return
    }
    this.waiting.push(chunk)
    this.waitingBytes += chunk.length
  }

  /** Moves on to the next frame; false when more bytes are needed. PROTOCOL_ERROR or FRAME_TOO_LARGE are final. */
  next(): boolean {
    for (;;) {
      const have = this.chunk.length - this.position
      if (have === 0) {
        if (!this.nextChunk()) return false
      } else if (this.partialBytes > 0) {
        if (this.gather()) return true
      } else {
        const size = have < headerBytes ? headerBytes : 4 + this.lengthAt(this.chunk, this.position)
        if (have < size) {
          this.keep(have, size)
          continue
        }
        const at = this.position
        this.position += size
        this.show(this.chunk, at, size)
        return true
      }
    }
  }

  /** Adds to the partial frame; true when it became whole. */
  private gather(): boolean {
    if (this.partialBytes < headerBytes) {
      this.keep(Math.min(headerBytes - this.partialBytes, this.chunk.length - this.position), headerBytes)
      if (this.partialBytes < headerBytes) return false
    }
    const size = 4 + this.lengthAt(this.partial, 0)
    this.keep(Math.min(size - this.partialBytes, this.chunk.length - this.position), size)
    if (this.partialBytes < size) return false
    const frame = this.partial
    this.partial = new Uint8Array(0)
    this.partialBytes = 0
    this.show(frame, 0, size)
    return true
  }

  /** Moves `count` bytes of the chunk to the partial frame, which will have `size` bytes as far as is known. */
  private keep(count: number, size: number): void {
    const needed = this.partialBytes + count
    if (needed > this.partial.length) {
      const grown = new Uint8Array(size <= smallFrameBytes ? size : Math.min(size, 2 * needed))
      grown.set(this.partial.subarray(0, this.partialBytes))
      this.partial = grown
    }
    const { chunk, partial, position, partialBytes } = this
    if (count <= 32) for (let i = 0; i < count; i++) partial[partialBytes + i] = chunk[position + i] as number
    else partial.set(chunk.subarray(position, position + count), partialBytes)
    this.partialBytes = needed
    this.position += count
  }

  private nextChunk(): boolean {
    const next = this.waiting[this.waitingFrom]
    if (next === undefined) return false
    this.waitingFrom += 1
    if (this.waitingFrom === this.waiting.length) {
      this.waiting.length = 0
      this.waitingFrom = 0
    }
    this.waitingBytes -= next.length
    this.chunk = next
    this.position = 0
    return true
  }

  private lengthAt(data: Uint8Array, at: number): number {
    const length = this.body.reset(data, at, at + 4).u32()
    if (length < 2) throw protocolError(`A frame announces ${length} bytes; the least is 2`)
    if (length > this.maxFrameBytes) {
      throw new BusError(
        'FRAME_TOO_LARGE',
        `A frame announces ${length} bytes; at most ${this.maxFrameBytes} are allowed.`,
        { details: { length, maxFrameBytes: this.maxFrameBytes } },
      )
    }
    return length
  }

  private show(data: Uint8Array, at: number, size: number): void {
    this.type = data[at + 4] as number
    this.flags = data[at + 5] as number
    this.body.reset(data, at + headerBytes, at + size)
  }
}
