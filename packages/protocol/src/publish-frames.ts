/** PUBLISH, RECEIPTS and REFUSED: messages on their way in, and what became of them. */

import type { Channel, PublishRequest, Receipt } from 'busbar/transport'
import type { FrameReader } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { frameType, publishFlag, receiptFlag, receiptLevels } from './frames.js'
import { protocolError } from './protocol-error.js'
import { endWithMessage, WireMessage } from './wire-message.js'

/** Finds a channel interned on this connection; PROTOCOL_ERROR for an id that was not declared. */
export type ChannelOf = (channelId: number) => Channel

export interface PublishFrame {
  readonly sequence: number
  readonly request: PublishRequest & { readonly message: WireMessage }
}

/** Gives the size of the frame in bytes, which counts against the publish window. */
export function writePublish(
  out: FrameWriter,
  channelId: number,
  sequence: number,
  request: PublishRequest,
): number {
  const { channel, message, delayMs, priority } = request
  out.begin(
    frameType.publish,
    (delayMs !== undefined ? publishFlag.delay : 0) | (priority !== undefined ? publishFlag.priority : 0),
  )
  out.u32(channelId)
  out.u48(sequence)
  if (delayMs !== undefined) out.u48(Math.ceil(delayMs))
  if (priority !== undefined) out.u8(priority)
  return endWithMessage(out, channel.name, message)
}

export function readPublish(body: FrameReader, flags: number, channelOf: ChannelOf): PublishFrame {
  const channel = channelOf(body.u32())
  const sequence = body.u48()
  if (flags === 0) {
    return { sequence, request: { channel, message: new WireMessage(channel.name, body) } }
  }
  const delayMs = (flags & publishFlag.delay) !== 0 ? body.u48() : undefined
  const priority = (flags & publishFlag.priority) !== 0 ? body.u8() : undefined
  if (priority !== undefined && priority > 9) throw protocolError('A priority is above 9')
  const message = new WireMessage(channel.name, body)
  return {
    sequence,
    request: {
      channel,
      message,
      ...(delayMs !== undefined && { delayMs }),
      ...(priority !== undefined && { priority }),
    },
  }
}

/** A run of publishes that fared alike: `count` sequences from `first`, their offsets (if any) dense from `offset`. */
export interface ReceiptRun {
  readonly first: number
  readonly count: number
  readonly level: Receipt['level']
  readonly offset: number | undefined
  readonly duplicate: boolean
}

export function writeReceipts(out: FrameWriter, run: ReceiptRun): void {
  out.begin(
    frameType.receipts,
    (run.offset !== undefined ? receiptFlag.offset : 0) | (run.duplicate ? receiptFlag.duplicate : 0),
  )
  out.u48(run.first)
  out.u32(run.count)
  out.u8(receiptLevels.indexOf(run.level))
  if (run.offset !== undefined) out.u48(run.offset)
  out.end()
}

export function readReceipts(body: FrameReader, flags: number): ReceiptRun {
  const first = body.u48()
  const count = body.u32()
  const level = receiptLevels[body.u8()]
  if (level === undefined) throw protocolError('A receipt has an unknown level')
  const offset = (flags & receiptFlag.offset) !== 0 ? body.u48() : undefined
  body.finish()
  return { first, count, level, offset, duplicate: (flags & receiptFlag.duplicate) !== 0 }
}
