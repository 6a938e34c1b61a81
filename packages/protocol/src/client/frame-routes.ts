/** Which part of a session each frame of the hub is for. */

import { readEnded, readError } from '../error-frames.js'
import type { FrameReader } from '../frame-reader.js'
import { frameType } from '../frames.js'
import { readReceipts } from '../publish-frames.js'
import type { Parts } from './parts.js'

/** False for a type that hubs do not send. PROTOCOL_ERROR for a malformed body. */
export function routeFrame(parts: Parts, type: number, flags: number, body: FrameReader): boolean {
  const { uplink, consumers, exchanges, outbox } = parts
  switch (type) {
    case frameType.deliver:
      consumers.onDeliver(body, flags)
      return true
    case frameType.receipts:
      outbox.onReceipts(readReceipts(body, flags))
      return true
    case frameType.part:
      exchanges.onPart(body, flags)
      return true
    case frameType.offer:
      exchanges.onOffer(body, flags)
      return true
    case frameType.close:
      exchanges.onClose(body)
      return true
    case frameType.window:
      exchanges.onWindow(body)
      return true
    case frameType.resume:
      exchanges.onResume(body, flags)
      return true
    case frameType.refused:
      outbox.onRefused(body.u48(), readError(body))
      return true
    case frameType.lost:
      consumers.onLost(body)
      return true
    case frameType.gap:
      consumers.onGap(body, flags)
      return true
    case frameType.ended: {
      const ended = readEnded(body)
      if (!consumers.onEnded(ended)) exchanges.onEnded(ended.id, ended.code)
      return true
    }
    case frameType.ok:
      uplink.onOk(body)
      return true
    case frameType.fail:
      uplink.onFail(body)
      return true
    case frameType.goaway:
      body.text16()
      body.finish()
      uplink.isDraining = true
      return true
    default:
      return false
  }
}
