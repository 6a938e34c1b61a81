/** DECLARE, CONSUME, ACCEPT, STOP and LEAVE: what a client sets up on its connection. OK or FAIL answers. */

import type { Channel } from 'busbar/transport'
import { channelFrom } from './channel-form.js'
import { type AcceptSpec, acceptSpecFrom, type ConsumeSpec, consumeSpecFrom } from './consume-form.js'
import type { FrameReader } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { frameType } from './frames.js'
import { readJson, writeJson } from './json-text.js'

export interface DeclareFrame {
  readonly request: number
  readonly channelId: number
  readonly channel: Channel
}

export function writeDeclare(out: FrameWriter, frame: DeclareFrame): void {
  out.begin(frameType.declare, 0)
  out.u32(frame.request)
  out.u32(frame.channelId)
  writeJson(out, frame.channel)
  out.end()
}

export function readDeclare(body: FrameReader): DeclareFrame {
  const frame = { request: body.u32(), channelId: body.u32(), channel: channelFrom(readJson(body)) }
  body.finish()
  return frame
}

export interface ConsumeFrame {
  readonly request: number
  readonly consumerId: number
  readonly channelId: number
  readonly spec: ConsumeSpec
}

export function writeConsume(out: FrameWriter, frame: ConsumeFrame): void {
  out.begin(frameType.consume, 0)
  out.u32(frame.request)
  out.u32(frame.consumerId)
  out.u32(frame.channelId)
  writeJson(out, frame.spec)
  out.end()
}

export function readConsume(body: FrameReader): ConsumeFrame {
  const frame = {
    request: body.u32(),
    consumerId: body.u32(),
    channelId: body.u32(),
    spec: consumeSpecFrom(readJson(body)),
  }
  body.finish()
  return frame
}

export interface AcceptFrame {
  readonly request: number
  readonly acceptorId: number
  readonly channelId: number
  readonly spec: AcceptSpec
}

export function writeAccept(out: FrameWriter, frame: AcceptFrame): void {
  out.begin(frameType.accept, 0)
  out.u32(frame.request)
  out.u32(frame.acceptorId)
  out.u32(frame.channelId)
  writeJson(out, frame.spec)
  out.end()
}

export function readAccept(body: FrameReader): AcceptFrame {
  const frame = {
    request: body.u32(),
    acceptorId: body.u32(),
    channelId: body.u32(),
    spec: acceptSpecFrom(readJson(body)),
  }
  body.finish()
  return frame
}

/** `id` is of a consumer or an acceptor; they share one space of numbers. */
export function writeStop(out: FrameWriter, request: number, id: number): void {
  out.begin(frameType.stop, 0)
  out.u32(request)
  out.u32(id)
  out.end()
}

export function readStop(body: FrameReader): { readonly request: number; readonly id: number } {
  const frame = { request: body.u32(), id: body.u32() }
  body.finish()
  return frame
}

export function writeLeave(out: FrameWriter, id: number): void {
  out.begin(frameType.leave, 0)
  out.u32(id)
  out.end()
}

export function readLeave(body: FrameReader): number {
  const id = body.u32()
  body.finish()
  return id
}
