/** ERROR, FAIL, REFUSED, ENDED and GOAWAY: everything that carries an error code. */

import { BusError, type BusErrorCode, type ErrorDetails, errorTable } from 'busbar/transport'
import type { FrameReader } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { frameType } from './frames.js'
import { readJson, writeJson } from './json-text.js'

/** An error as it travels: the message without the code and the fix, which the receiver's table adds. */
export interface WireError {
  readonly code: BusErrorCode
  readonly message: string
  readonly details: ErrorDetails
}

/** The code, or INTERNAL for one that this build does not know. */
export function codeFrom(text: string): BusErrorCode {
  return Object.hasOwn(errorTable, text) ? (text as BusErrorCode) : 'INTERNAL'
}

/** What of an error may leave this process: BusErrors as they are, of others only that they happened. */
export function wireErrorOf(error: unknown): WireError {
  if (!(error instanceof BusError)) return { code: 'INTERNAL', message: 'The hub failed.', details: {} }
  const { code, details } = error
  const head = `${code}: `
  const tail = ` ${errorTable[code].fix}`
  const { message } = error
  const inner =
    message.startsWith(head) && message.endsWith(tail) ? message.slice(head.length, -tail.length) : message
  return { code, message: inner.slice(0, 2048), details }
}

/** ERROR ends the connection; its sender closes the link after it. */
export function writeError(out: FrameWriter, error: WireError): void {
  out.begin(frameType.error, 0)
  writeFields(out, error)
  out.end()
}

export function writeFail(out: FrameWriter, request: number, error: WireError): void {
  out.begin(frameType.fail, 0)
  out.u32(request)
  writeFields(out, error)
  out.end()
}

export function writeRefused(out: FrameWriter, sequence: number, error: WireError): void {
  out.begin(frameType.refused, 0)
  out.u48(sequence)
  writeFields(out, error)
  out.end()
}

/** Reads the fields of ERROR, or what follows the request of FAIL or the sequence of REFUSED. */
export function readError(body: FrameReader): WireError {
  const code = codeFrom(body.text8())
  const message = body.text16()
  const details = readJson(body)
  body.finish()
  return { code, message, details: isRecord(details) ? details : {} }
}

/** ENDED: why a consumer or acceptor ended by itself; undefined when it reached `until`. */
export function writeEnded(out: FrameWriter, id: number, code: BusErrorCode | undefined): void {
  out.begin(frameType.ended, 0)
  out.u32(id)
  out.text8(code ?? '')
  out.end()
}

export function readEnded(body: FrameReader): {
  readonly id: number
  readonly code: BusErrorCode | undefined
} {
  const id = body.u32()
  const code = body.text8()
  body.finish()
  return { id, code: code === '' ? undefined : codeFrom(code) }
}

export function writeGoaway(out: FrameWriter, reason: string): void {
  out.begin(frameType.goaway, 0)
  out.text16(reason)
  out.end()
}

function writeFields(out: FrameWriter, error: WireError): void {
  out.text8(error.code)
  out.text16(error.message)
  writeJson(out, error.details)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
