/** RESUME: the pairs that outlived a connection, and how far each of them came. */

import type { FrameReader } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { frameType, resumeFlag } from './frames.js'
import type { PairProgress } from './part-log.js'

/** Pairs of one frame: so many fit into the smallest frame that a hub may allow. */
const pairsPerFrame = 4_096

/** Writes as many frames as the list takes, at least one; the last of them says so. */
export function writeResume(out: FrameWriter, pairs: readonly PairProgress[]): void {
  for (let from = 0; ; from += pairsPerFrame) {
    const isLast = from + pairsPerFrame >= pairs.length
    out.begin(frameType.resume, isLast ? resumeFlag.last : 0)
    for (const { exchangeId, heardBytes, takenBytes } of pairs.slice(from, from + pairsPerFrame)) {
      out.u32(exchangeId)
      out.u48(heardBytes)
      out.u48(takenBytes)
    }
    out.end()
    if (isLast) return
  }
}

export function readResume(body: FrameReader): PairProgress[] {
  const pairs: PairProgress[] = []
  while (body.left > 0) {
    pairs.push({ exchangeId: body.u32(), heardBytes: body.u48(), takenBytes: body.u48() })
  }
  return pairs
}
