/** The block of headers as text. What is the same from message to message is made once, and known again when it comes. */

import type { Msg } from '@nats-io/transport-node'
import {
  attributes,
  emptyRecord,
  type HeaderRecord,
  headersOf,
  isForReaders,
  plain,
  written,
} from './wire-headers.js'

const version = 'NATS/1.0'
const lineEnd = '\r\n'
const start = version + lineEnd
/** Longer blocks are left to the client, so that strangers fill no memory here. */
const mostLines = 64
const mostCharacters = 4_096
/** After so many it is looked for anew: it may have become longer. */
const usesOfHead = 256

interface Line {
  readonly name: string
  readonly value: string
  readonly text: string
  readonly bytes: number
  /** The block before it, and with it. */
  readonly before: string
  readonly after: string
  readonly bytesAfter: number
}

export interface HeaderBlock {
  readonly text: string
  readonly bytes: number
}

/** Writes blocks of messages that mostly begin alike. What it keeps are the lines of the last one. */
export class HeaderWriter {
  private readonly lines: Line[] = []

  /** INVALID_OPTION for a line break in a value. */
  write(record: HeaderRecord): HeaderBlock {
    let block = start
    let size = start.length
    let isLikeLast = true
    let index = 0
    for (const name in record) {
      const value = record[name] ?? ''
      const last = this.lines[index]
      const isSame = last !== undefined && last.name === name && last.value === value
      if (isSame && isLikeLast && last.before === block) {
        block = last.after
        size = last.bytesAfter
      } else {
        isLikeLast = false
        const text = isSame ? last.text : `${name}: ${written(name, value)}${lineEnd}`
        const bytes = isSame ? last.bytes : Buffer.byteLength(text)
        const before = block
        block += text
        size += bytes
        if (index < mostLines)
          this.lines[index] = { name, value, text, bytes, before, after: block, bytesAfter: size }
      }
      index += 1
    }
    return { text: block + lineEnd, bytes: size + lineEnd.length }
  }
}

type Readable = { readonly headers?: Msg['headers'] }

/** Fields of a message of the client (nats-core 3.4) from which its own collection would be made. */
interface Inner {
  readonly _rdata?: unknown
  readonly _msg?: { readonly hdr?: unknown }
}

/** Reads the headers of messages that come from one place, and so mostly begin alike. */
export class HeaderReader {
  /** What the last two blocks that were compared had in common, in whole lines. */
  private head = ''
  private headRecord: HeaderRecord = emptyRecord()
  private uses = 0
  private last = ''
  /** Of the lines behind the head, as they came last. */
  private readonly names: Name[] = []

  /** As `headersOf` does, several times faster as long as the fields of the client are where they were. */
  of(msg: Readable): HeaderRecord {
    const { _rdata: bytes, _msg: parts }: Inner = msg as Readable & Inner
    const length = parts?.hdr
    if (!(bytes instanceof Uint8Array) || typeof length !== 'number') return headersOf(msg)
    if (length < 0) return emptyRecord()
    return this.read(bufferOf(bytes).toString('utf8', 0, length)) ?? headersOf(msg)
  }

  /** The headers of a block; undefined for one that is too long or not well-formed. */
  read(block: string): HeaderRecord | undefined {
    if (block.length > mostCharacters || !block.endsWith('\r\n\r\n')) return undefined
    if (this.uses > 0 && block.slice(0, this.head.length) === this.head) {
      this.uses -= 1
      return this.rest(block, this.head.length, Object.assign(emptyRecord(), this.headRecord))
    }
    return this.anew(block)
  }

  private anew(block: string): HeaderRecord | undefined {
    if (!block.startsWith(version)) return undefined
    const begin = block.indexOf(lineEnd) + lineEnd.length
    const record = this.rest(block, begin, emptyRecord())
    if (record === undefined) return undefined
    const head = block.slice(0, Math.max(begin, commonLines(block, this.last)))
    const headRecord = this.rest(`${head}${lineEnd}`, begin, emptyRecord())
    this.last = block
    if (headRecord === undefined) return record
    this.head = head
    this.headRecord = headRecord
    this.uses = usesOfHead
    return record
  }

  /** Adds the lines from a place on; the first of a name counts. */
  private rest(block: string, from: number, record: Record<string, string>): HeaderRecord | undefined {
    let at = from
    for (let index = 0; at < block.length - lineEnd.length; index += 1) {
      const end = block.indexOf('\r', at)
      if (block.indexOf('\n', at) !== end + 1) return undefined
      const name = this.nameAt(block, at, end, index)
      if (name === undefined) return undefined
      if (name.text !== '') {
        const value = block.slice(at + name.start.length, end).trim()
        record[name.text] ??= name.isAttribute ? plain(value) : value
      }
      at = end + lineEnd.length
    }
    return record
  }

  private nameAt(block: string, at: number, end: number, index: number): Name | undefined {
    const known = this.names[index]
    if (known !== undefined && block.startsWith(known.start, at)) return known
    const colon = block.indexOf(':', at)
    if (colon < 0 || colon > end) return noName
    const name = nameOf(block.slice(at, colon))
    if (name !== undefined && index < mostLines) this.names[index] = name
    return name
  }
}

interface Name {
  /** With its colon. */
  readonly start: string
  /** Empty where the line is of no meaning. */
  readonly text: string
  readonly isAttribute: boolean
}

const noName: Name = { start: '', text: '', isAttribute: false }
const nameForm = /^[!-9;-~]+$/

/** Undefined for what the client does not take for a name. */
function nameOf(text: string): Name | undefined {
  if (!nameForm.test(text)) return undefined
  return { start: `${text}:`, text: isForReaders(text) ? text : '', isAttribute: text.startsWith(attributes) }
}

/** Where the first line begins that is not the same in both. */
function commonLines(one: string, other: string): number {
  let at = 0
  while (at < one.length - lineEnd.length && one[at] === other[at]) at += 1
  return one.lastIndexOf('\n', at - 1) + 1
}

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
