/** HELLO to READY, and PING: the frames of the connection itself. */

import type { FrameReader } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { frameType, type Hello, magic, protocolLimits, type Ready, type Welcome } from './frames.js'
import { flag, list, maybe, record, text, whole } from './json-fields.js'
import { readJson, writeJson } from './json-text.js'
import { protocolError } from './protocol-error.js'

export interface VersionRange {
  readonly min: number
  readonly max: number
}

export function writeHello(out: FrameWriter, range: VersionRange, hello: Hello): void {
  out.begin(frameType.hello, 0)
  out.u32(magic)
  out.u16(range.min)
  out.u16(range.max)
  writeJson(out, hello)
  out.end()
}

/** Magic and versions; every version of the protocol begins like this. */
export function readHelloRange(body: FrameReader): VersionRange {
  if (body.u32() !== magic) throw protocolError('The first bytes are not those of this protocol')
  return { min: body.u16(), max: body.u16() }
}

/** The highest version in both ranges, or undefined. */
export function commonVersion(ours: VersionRange, theirs: VersionRange): number | undefined {
  const highest = Math.min(ours.max, theirs.max)
  return highest >= Math.max(ours.min, theirs.min) ? highest : undefined
}

/** Reads what follows the version range. */
export function readHello(body: FrameReader): Hello {
  const from = record(readJson(body), 'hello')
  body.finish()
  return {
    features: list(from.features, 'features', text),
    service: text(from.service, 'service'),
    instance: text(from.instance, 'instance'),
    session: maybe(from.session, 'session', sessionFrom),
  }
}

export function writeWelcome(out: FrameWriter, version: number, welcome: Welcome): void {
  out.begin(frameType.welcome, 0)
  out.u16(version)
  writeJson(out, welcome)
  out.end()
}

export function readWelcome(body: FrameReader): { readonly version: number; readonly welcome: Welcome } {
  const version = body.u16()
  const from = record(readJson(body), 'welcome')
  body.finish()
  const maxFrameBytes = whole(from.maxFrameBytes, 'maxFrameBytes')
  if (maxFrameBytes > protocolLimits.hardFrameBytes) throw protocolError('maxFrameBytes is above 16 MiB')
  return {
    version,
    welcome: {
      features: list(from.features, 'features', text),
      maxFrameBytes,
      maxMessageBytes: whole(from.maxMessageBytes, 'maxMessageBytes'),
      publishWindowBytes: whole(from.publishWindowBytes, 'publishWindowBytes'),
      exchangeWindowBytes: whole(from.exchangeWindowBytes, 'exchangeWindowBytes'),
      heartbeatMs: whole(from.heartbeatMs, 'heartbeatMs'),
      resumeMs: maybe(from.resumeMs, 'resumeMs', whole) ?? protocolLimits.resumeMs,
      epoch: text(from.epoch, 'epoch'),
    },
  }
}

/** An empty token asks for what the hub gives to everybody. */
export function writeAuth(out: FrameWriter, token: string): void {
  out.begin(frameType.auth, 0)
  out.text16(token)
  out.end()
}

export function readAuth(body: FrameReader): string {
  const token = body.text16()
  body.finish()
  return token
}

export function writeReady(out: FrameWriter, ready: Ready): void {
  out.begin(frameType.ready, 0)
  writeJson(out, ready)
  out.end()
}

export function readReady(body: FrameReader): Ready {
  const from = record(readJson(body), 'ready')
  body.finish()
  return {
    session: sessionFrom(from.session),
    resumed: flag(from.resumed, 'resumed'),
    lastSequence: whole(from.lastSequence, 'lastSequence'),
    durable: flag(from.durable, 'durable'),
  }
}

/** PING and PONG carry a number that is echoed. */
export function writeBeat(
  out: FrameWriter,
  type: typeof frameType.ping | typeof frameType.pong,
  mark: number,
): void {
  out.begin(type, 0)
  out.u32(mark)
  out.end()
}

export function readBeat(body: FrameReader): number {
  const mark = body.u32()
  body.finish()
  return mark
}

function sessionFrom(value: unknown): { readonly id: string; readonly token: string } {
  const from = record(value, 'session')
  return { id: text(from.id, 'id'), token: text(from.token, 'token') }
}
