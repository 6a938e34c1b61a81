/** CREDIT to GAP: messages on their way out, and what consumers say about them. */

import type { Channel, Message, Outcome } from 'busbar/transport'
import { outcomeFrom } from './consume-form.js'
import type { FrameReader } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { deliverFlag, frameType, gapFlag } from './frames.js'
import { readJson, writeJson } from './json-text.js'
import { endWithMessage, WireMessage } from './wire-message.js'

export function writeCredit(out: FrameWriter, consumerId: number, messages: number): void {
  out.begin(frameType.credit, 0)
  out.u32(consumerId)
  out.u32(messages)
  out.end()
}

export function readCredit(body: FrameReader): { readonly consumerId: number; readonly messages: number } {
  const credit = { consumerId: body.u32(), messages: body.u32() }
  body.finish()
  return credit
}

/** What DELIVER carries besides the consumer's id; token 0 stands for a plain event, which is not settled. */
export interface DeliverFrame {
  readonly token: number
  readonly attempt: number
  /** How often it was handed out, this time included. */
  readonly acquired: number
  readonly offset: number | undefined
  readonly message: WireMessage
}

/**
 * Gives the size of the frame in bytes. `channelName` is the name of the consumer's channel. `acquired` is written when
 * it is not `attempt` and the receiver reads it.
 */
export function writeDeliver(
  out: FrameWriter,
  consumerId: number,
  channelName: string,
  claim: Omit<DeliverFrame, 'message'> & { readonly message: Message },
  isAcquiredRead: boolean,
): number {
  const { token, attempt, acquired, offset } = claim
  const saysAcquired = isAcquiredRead && token !== 0 && acquired !== attempt
  out.begin(
    frameType.deliver,
    (token !== 0 ? deliverFlag.tracked : 0) |
      (offset !== undefined ? deliverFlag.offset : 0) |
      (saysAcquired ? deliverFlag.acquired : 0),
  )
  out.u32(consumerId)
  if (token !== 0) {
    out.u64(token)
    out.u32(attempt)
  }
  if (saysAcquired) out.u32(acquired)
  if (offset !== undefined) out.u48(offset)
  return endWithMessage(out, channelName, claim.message)
}

/** Reads what follows the consumer's id, by which the caller finds the channel. */
export function readDeliver(body: FrameReader, flags: number, channel: Channel): DeliverFrame {
  const tracked = (flags & deliverFlag.tracked) !== 0
  const token = tracked ? body.u64() : 0
  const attempt = tracked ? body.u32() : 1
  const acquired = (flags & deliverFlag.acquired) !== 0 ? body.u32() : attempt
  const offset = (flags & deliverFlag.offset) !== 0 ? body.u48() : undefined
  return { token, attempt, acquired, offset, message: new WireMessage(channel.name, body) }
}

/** ACK, EXTEND and LOST: tokens of one consumer. */
export function writeTokens(
  out: FrameWriter,
  type: typeof frameType.ack | typeof frameType.extend | typeof frameType.lost,
  consumerId: number,
  tokens: readonly number[],
): void {
  out.begin(type, 0)
  out.u32(consumerId)
  for (const token of tokens) out.u64(token)
  out.end()
}

/** The same for any number of tokens: no frame gets long. */
export function writeTokenFrames(
  out: FrameWriter,
  type: Parameters<typeof writeTokens>[1],
  consumerId: number,
  tokens: readonly number[],
): void {
  if (tokens.length <= tokensPerFrame) {
    if (tokens.length > 0) writeTokens(out, type, consumerId, tokens)
    return
  }
  for (let from = 0; from < tokens.length; from += tokensPerFrame)
    writeTokens(out, type, consumerId, tokens.slice(from, from + tokensPerFrame))
}

const tokensPerFrame = 512

/** Calls `each` with every token; the caller has read the consumer's id. */
export function readTokens(body: FrameReader, each: (token: number) => void): void {
  while (body.left > 0) each(body.u64())
}

/** SETTLE: an outcome that needs more than an ACK. */
export function writeSettle(out: FrameWriter, consumerId: number, token: number, outcome: Outcome): void {
  out.begin(frameType.settle, 0)
  out.u32(consumerId)
  out.u64(token)
  writeJson(out, outcome)
  out.end()
}

export function readSettle(body: FrameReader): {
  readonly consumerId: number
  readonly token: number
  readonly outcome: Outcome
} {
  const settle = { consumerId: body.u32(), token: body.u64(), outcome: outcomeFrom(readJson(body)) }
  body.finish()
  return settle
}

export interface GapFrame {
  readonly count: number
  readonly from?: number
  readonly to?: number
}

export function writeGap(out: FrameWriter, consumerId: number, gap: GapFrame): void {
  const hasRange = gap.from !== undefined && gap.to !== undefined
  out.begin(frameType.gap, hasRange ? gapFlag.range : 0)
  out.u32(consumerId)
  out.u48(gap.count)
  if (hasRange) {
    out.u48(gap.from)
    out.u48(gap.to)
  }
  out.end()
}

export function readGap(
  body: FrameReader,
  flags: number,
): { readonly consumerId: number; readonly gap: GapFrame } {
  const consumerId = body.u32()
  const count = body.u48()
  const gap = (flags & gapFlag.range) === 0 ? { count } : { count, from: body.u48(), to: body.u48() }
  body.finish()
  return { consumerId, gap }
}
