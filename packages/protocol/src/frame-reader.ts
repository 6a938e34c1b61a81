/** Reads the fields of a frame; whatever is missing, too long or not UTF-8 is a PROTOCOL_ERROR. */

import { protocolError } from './protocol-error.js'

const nothing = new Uint8Array(0)
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A cursor over `data[position..end)`; one is used again for every frame. */
export class FrameReader {
  data: Uint8Array = nothing
  position = 0
  end = 0

  /** Starts over with other bytes. */
  reset(data: Uint8Array, position = 0, end = data.length): this {
    this.data = data
    this.position = position
    this.end = end
    return this
  }

  get left(): number {
    return this.end - this.position
  }

  u8(): number {
    return this.data[this.advance(1)] as number
  }

  u16(): number {
    const at = this.advance(2)
    return ((this.data[at] as number) << 8) | (this.data[at + 1] as number)
  }

  u32(): number {
    return this.word(this.advance(4))
  }

  u48(): number {
    const at = this.advance(6)
    const high = ((this.data[at] as number) << 8) | (this.data[at + 1] as number)
    return high * 0x1_0000_0000 + this.word(at + 2)
  }

  /** At most 2^53 - 1. */
  u64(): number {
    const at = this.advance(8)
    const high = this.word(at)
    if (high > 0x1f_ffff) throw protocolError('A number is larger than 2^53 - 1')
    return high * 0x1_0000_0000 + this.word(at + 4)
  }

  text8(): string {
    const length = this.u8()
    return this.text(length)
  }

  text16(): string {
    const length = this.u16()
    return this.text(length)
  }

  text32(): string {
    const length = this.u32()
    return this.text(length)
  }

  /** A view of the next bytes. */
  bytes(length: number): Uint8Array {
    const at = this.advance(length)
    return this.data.subarray(at, at + length)
  }

  /** To be called after the last field: bytes that are left over are an error. */
  finish(): void {
    if (this.position !== this.end) throw protocolError(`A frame has ${this.left} bytes too many`)
  }

  /** Steps over `length` bytes and gives where they begin. */
  advance(length: number): number {
    const at = this.position
    if (length > this.end - at) throw protocolError('A frame ends in the middle of a field')
    this.position = at + length
    return at
  }

  /** Steps over a text, checks that it is UTF-8, and gives where it begins. */
  skipText(length: number): number {
    const at = this.advance(length)
    const { data } = this
    for (let i = at; i < at + length; i++) {
      if ((data[i] as number) >= 0x80) {
        textAt(data, at, length)
        break
      }
    }
    return at
  }

  private text(length: number): string {
    return textAt(this.data, this.advance(length), length)
  }

  private word(at: number): number {
    const { data } = this
    return (
      (data[at] as number) * 0x100_0000 +
      (((data[at + 1] as number) << 16) | ((data[at + 2] as number) << 8) | (data[at + 3] as number))
    )
  }
}

/** Decodes UTF-8 without replacing anything: PROTOCOL_ERROR when it is malformed. */
export function textAt(data: Uint8Array, at: number, length: number): string {
  if (length <= 24) {
    const ascii = shortAscii(data, at, length)
    if (ascii !== undefined) return ascii
  }
  const text = textOf(data.subarray(at, at + length))
  if (text === undefined) throw protocolError('A text is not UTF-8')
  return text
}

/** Undefined when the bytes are not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Most names are short and ASCII, where the native decoder costs more than it saves. */
function shortAscii(data: Uint8Array, at: number, length: number): string | undefined {
  let text = ''
  for (let i = at; i < at + length; i++) {
    const code = data[i] as number
    if (code >= 0x80) return undefined
    text += String.fromCharCode(code)
  }
  return text
}
