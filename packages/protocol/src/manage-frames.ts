/** MANAGE and its answers: commands as JSON, payloads and dead letters attached in their own binary form. */

import {
  type Answer,
  type ChannelState,
  type Command,
  type DeadLetterRecord,
  EncodedBody,
} from 'busbar/transport'
import { deadReasons, failureFrom } from './consume-form.js'
import { FrameReader } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { frameType } from './frames.js'
import { amount, list, maybe, oneOf, record, text, whole } from './json-fields.js'
import { readJson, writeJson } from './json-text.js'
import { protocolError } from './protocol-error.js'
import { WireMessage, writeMessage32 } from './wire-message.js'

/** The answer to whichever command. */
export type AnyAnswer = Command extends infer C ? (C extends Command ? Answer<C> : never) : never

export function writeManage(out: FrameWriter, request: number, channelId: number, command: Command): void {
  const body = command.op === 'dead.redrive' ? command.body : undefined
  out.begin(frameType.manage, 0)
  out.u32(request)
  out.u32(channelId)
  writeJson(out, { ...command, body: undefined, codec: body?.codec })
  if (body === undefined) out.end()
  else out.endWith(body.bytes())
}

/** Reads what follows the request and the channel id. */
export function readManage(body: FrameReader): Command {
  const from = record(readJson(body), 'command')
  const attached = body.bytes(body.left)
  const ids = maybe(from.ids, 'ids', (value) => list(value, 'ids', text))
  switch (from.op) {
    case 'inspect':
    case 'purge':
      return { op: from.op }
    case 'dead.list': {
      const after = maybe(from.after, 'after', text)
      return { op: 'dead.list', limit: whole(from.limit, 'limit'), ...(after !== undefined && { after }) }
    }
    case 'dead.redrive': {
      const codec = maybe(from.codec, 'codec', text)
      return {
        op: 'dead.redrive',
        ...(ids !== undefined && { ids }),
        ...(codec !== undefined && { body: new EncodedBody(codec, attached) }),
      }
    }
    case 'dead.discard':
      return { op: 'dead.discard', ...(ids !== undefined && { ids }) }
    default:
      throw protocolError('A command is of an unknown kind')
  }
}

/** OK without or with a small JSON answer. */
export function writeOk(out: FrameWriter, request: number, answer: unknown = {}): void {
  out.begin(frameType.ok, 0)
  out.u32(request)
  writeJson(out, answer)
  out.end()
}

/** OK with the answer to a command; of dead letters no more than `lettersThatFit`. */
export function writeAnswer(out: FrameWriter, request: number, channelName: string, answer: AnyAnswer): void {
  if (!('letters' in answer)) {
    writeOk(out, request, answer)
    return
  }
  const { letters, next } = answer
  out.begin(frameType.ok, 0)
  out.u32(request)
  writeJson(out, { letters: letters.map((letter) => ({ ...letter, message: undefined })), next })
  for (const letter of letters) writeMessage32(out, channelName, letter.message)
  out.end()
}

/** Reads what follows the request of the OK to a command. */
export function readAnswer<C extends Command>(body: FrameReader, command: C, channelName: string): Answer<C>
export function readAnswer(body: FrameReader, command: Command, channelName: string): AnyAnswer {
  const from = record(readJson(body), 'answer')
  switch (command.op) {
    case 'inspect':
      return stateFrom(from)
    case 'dead.list':
      return {
        letters: list(from.letters, 'letters', (value) => letterFrom(value, body, channelName)),
        next: maybe(from.next, 'next', text),
      }
    default:
      return { count: whole(from.count, 'count') }
  }
}

function letterFrom(value: unknown, body: FrameReader, channelName: string): DeadLetterRecord {
  const from = record(value, 'letter')
  const acquired = maybe(from.acquired, 'acquired', whole)
  const length = body.u32()
  const at = body.advance(length)
  return {
    message: new WireMessage(channelName, new FrameReader().reset(body.data, at, at + length)),
    reason: oneOf(from.reason, deadReasons, 'reason'),
    group: maybe(from.group, 'group', text),
    attempts: whole(from.attempts, 'attempts'),
    ...(acquired !== undefined && { acquired }),
    firstFailure: maybe(from.firstFailure, 'firstFailure', failureFrom),
    lastFailure: maybe(from.lastFailure, 'lastFailure', failureFrom),
    diedAt: amount(from.diedAt, 'diedAt'),
  }
}

function stateFrom(from: Readonly<Record<string, unknown>>): ChannelState {
  const count = (name: keyof ChannelState): number => whole(from[name], name)
  const first = maybe(from.first, 'first', whole)
  const next = maybe(from.next, 'next', whole)
  const dedupeEvicted = maybe(from.dedupeEvicted, 'dedupeEvicted', whole)
  const dedupeConflicts = maybe(from.dedupeConflicts, 'dedupeConflicts', whole)
  return {
    received: count('received'),
    ready: count('ready'),
    delayed: count('delayed'),
    leased: count('leased'),
    done: count('done'),
    dropped: count('dropped'),
    dead: count('dead'),
    expired: count('expired'),
    purged: count('purged'),
    redriven: count('redriven'),
    consumers: count('consumers'),
    mismatches: list(from.mismatches, 'mismatches', text),
    ...(first !== undefined && { first }),
    ...(next !== undefined && { next }),
    ...(dedupeEvicted !== undefined && { dedupeEvicted }),
    ...(dedupeConflicts !== undefined && { dedupeConflicts }),
  }
}

/**
 * How many of the first letters fit in a frame of this size, at least 1. An envelope and the JSON beside it are
 * estimated from above, so that the sum holds.
 */
export function lettersThatFit(letters: readonly DeadLetterRecord[], maxFrameBytes: number): number {
  let bytes = 64
  const end = letters.findIndex((letter) => {
    const { message, firstFailure, lastFailure } = letter
    const headers = JSON.stringify(message.headers).length
    const failures = JSON.stringify([firstFailure, lastFailure]).length
    bytes += message.body.size + 3 * (headers + failures + message.address.length) + 512
    return bytes > maxFrameBytes
  })
  // One letter always travels: a single message fits in a frame by the rules of publishing.
  return end < 0 ? letters.length : Math.max(1, end)
}
