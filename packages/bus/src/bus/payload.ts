/** Turns a payload into a body on the way out and a body into a payload on the way in; both sides validate. */

import type { Body } from '../body.js'
import { EncodedBody } from '../body.js'
import type { Clock } from '../clock.js'
import { decodeJson, isSurelyShallow } from '../contract/decode-json.js'
import { inspectValue } from '../contract/inspect-value.js'
import { type Validated, validate } from '../contract/validate.js'
import { BusError, isBusError } from '../errors.js'
import type { Issue } from '../outcome.js'
import type { MaybePromise } from '../transport.js'
import type { Wire } from '../wire-schema.js'
import { encodeJson } from './json.js'
import type { KnownTopic } from './known-topics.js'
import { LocalBody } from './local-body.js'
import { isPromise } from './thenable.js'

/** What of a topic concerns its payloads. */
export type SizedTopic = Pick<KnownTopic, 'channel' | 'maxBytes'>

/** A payload that passed, with what travels. */
export interface Packed {
  /** The input form, private where the schema is plain. */
  readonly value: unknown
  readonly body: Body
}

/**
 * Inspects, validates and isolates one payload: what the caller does to it afterwards is not seen.
 * UNENCODABLE, DEPTH_EXCEEDED, TOO_LARGE, SCHEMA_INVALID; nothing was sent then.
 */
export function pack(known: SizedTopic, wire: Wire, value: unknown, clock: Clock): MaybePromise<Packed> {
  return packCompiled(known, wire, value) ?? packWalked(known, wire, value, clock)
}

/** The usual way of plain schemas: checks, counts and copies at once; whatever it is not sure of goes the other way. */
function packCompiled({ channel, maxBytes }: SizedTopic, wire: Wire, value: unknown): Packed | undefined {
  const check = wire.compiled?.outbound()
  const copy = check?.copy(value, maxBytes)
  if (check === undefined || copy === undefined) return undefined
  return { value: copy, body: new LocalBody(wire, copy, check.bytes, channel.guarantees.tracked) }
}

function packWalked(known: SizedTopic, wire: Wire, value: unknown, clock: Clock): MaybePromise<Packed> {
  const { channel, maxBytes } = known
  const seen = inspectValue(value, channel.name, maxBytes)
  const isLocal = wire.plain && seen.exact
  // The bound is generous, so only a value beyond it is encoded to know; a schema never sees what is too large.
  const early = !isLocal || seen.bytes > maxBytes ? encodeJson(value) : undefined
  const size = early?.byteLength ?? seen.bytes
  if (size > maxBytes) throw tooLarge(known, size)
  const body = isLocal || early === undefined ? undefined : new EncodedBody('json', early)
  const finish = (checked: Validated): Packed => {
    if (checked.issues !== undefined) throw invalidPayload(known, checked.issues)
    if (body !== undefined) return { value, body }
    return {
      value: checked.value,
      body: new LocalBody(wire, checked.value, size, channel.guarantees.tracked),
    }
  }
  const checked = validate(wire, value, clock)
  return isPromise(checked) ? checked.then(finish) : finish(checked)
}

/** A payload as it arrived: a private copy in output form, or why there is none. */
export type Unpacked =
  | { readonly value: unknown; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: Refusal }

/** Why a payload that arrived was not handed over; never with values of it. */
export interface Refusal {
  readonly reason: 'schema' | 'undecodable'
  readonly issues: readonly Issue[]
  readonly message: string
}

/** Decodes and validates what arrived; never throws or rejects. */
export function unpack(body: Body, wire: Wire, clock: Clock): MaybePromise<Unpacked> {
  if (body instanceof LocalBody && body.isPrivateTo(wire)) return { value: body.take() }
  let value: unknown
  try {
    const pristine = body instanceof LocalBody ? body.pristineFor(wire) : undefined
    value = pristine === undefined ? decode(body) : pristine.value
  } catch (error) {
    return { refusal: { reason: 'undecodable', issues: [], message: textOf(error) } }
  }
  const checked = validate(wire, value, clock)
  return isPromise(checked) ? checked.then(judge) : judge(checked)
}

function judge(checked: Validated): Unpacked {
  if (checked.issues === undefined) return { value: checked.value }
  return { refusal: { reason: 'schema', issues: checked.issues, message: textOfIssues(checked.issues) } }
}

/** The payload as plain data, not validated; throws what is wrong with the bytes. */
export function decode(body: Body): unknown {
  if (body.codec !== 'json') {
    throw new BusError(
      'UNENCODABLE',
      `A received payload is encoded as "${body.codec}", which nothing here reads.`,
    )
  }
  const text = body.text?.()
  if (text === undefined || !isSurelyShallow(text)) return decodeJson(body.bytes())
  try {
    return JSON.parse(text)
  } catch {
    // The cause is left out: its message quotes the payload.
    throw new BusError('UNENCODABLE', 'A received payload is not JSON in UTF-8.')
  }
}

const textOf = (error: unknown): string =>
  isBusError(error) ? error.message : 'A received payload could not be decoded.'

/** The first issues in one line: paths and what is wrong there. */
function textOfIssues(issues: readonly Issue[]): string {
  const shown = issues.slice(0, 3).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  const more = issues.length > shown.length ? `; and ${issues.length - shown.length} more` : ''
  return `${shown.join('; ')}${more}.`
}

/** SCHEMA_INVALID of a payload that was about to be sent. */
function invalidPayload({ channel }: SizedTopic, issues: readonly Issue[]): BusError {
  return new BusError(
    'SCHEMA_INVALID',
    `A payload for "${channel.name}" (${channel.kind}) does not match its schema, nothing was sent: ${textOfIssues(issues)}`,
    { details: { topic: channel.name, issues }, outcome: 'rejected' },
  )
}

function tooLarge({ channel, maxBytes }: SizedTopic, size: number): BusError {
  return new BusError(
    'TOO_LARGE',
    `A payload for "${channel.name}" takes ${size} bytes; at most ${maxBytes} are allowed.`,
    { details: { topic: channel.name, bytes: size, maxBytes }, outcome: 'rejected' },
  )
}
