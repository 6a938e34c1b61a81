/** JSON inside rare frames: size and depth are checked before anything is parsed. */

import type { FrameReader } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { protocolError } from './protocol-error.js'

/** Nothing the protocol says is nested deeper; details of errors are the deepest. */
const maxDepth = 16

/** Writes a length of four bytes and the JSON text; undefined fields are left out. */
export function writeJson(out: FrameWriter, value: unknown): void {
  out.text32(JSON.stringify(value))
}

export function readJson(body: FrameReader): unknown {
  const text = body.text32()
  if (depthOf(text) > maxDepth)
    throw protocolError(`JSON of a frame is nested deeper than ${maxDepth} levels`)
  try {
    return JSON.parse(text)
  } catch {
    throw protocolError('A frame holds text that is not JSON')
  }
}

/** Depth of brackets outside strings. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) {
      for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1
      if (depth > deepest) deepest = depth
    } else if (code === 0x5d || code === 0x7d) depth -= 1
  }
  return deepest
}
