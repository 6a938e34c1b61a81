/** What one end of a pair remembers so that a broken link loses nothing: what may not have arrived, and how far it came. */

import { EncodedBody, type Part } from 'busbar/transport'
import { Ring } from './client/ring.js'
import { protocolError } from './protocol-error.js'

/** How far one end of a pair has come: bytes of the parts that came to it, and of those among them that were taken. */
export interface PairProgress {
  readonly exchangeId: number
  readonly heardBytes: number
  readonly takenBytes: number
}

interface Sent {
  readonly part: Part
  /** Bytes that were sent in all when this one had been. */
  readonly until: number
}

/** The other end keeps what it has sent until it hears of it, so it hears soon: a quiet pair must not cost a window. */
const mostOwedParts = 16
const mostOwedBytes = 16 * 1024

/** Counts frames of parts, headers included. What it keeps is bounded by the window under which it is sent. */
export class PartLog {
  private heardBytes = 0
  private takenBytes = 0
  private toldBytes = 0
  private untoldParts = 0
  private sentBytes = 0
  private freedBytes = 0
  /** Parts up to here have arrived and are not kept. */
  private arrivedBytes = 0
  private hasGivenUp = false
  private readonly kept = new Ring<Sent>()

  constructor(private readonly windowBytes: number) {}

  /** Nothing has come from the other end, not even room. */
  get isFresh(): boolean {
    return this.heardBytes === 0 && this.freedBytes === 0
  }

  /** Bytes that were sent and that the other end has not given back. */
  get outstandingBytes(): number {
    return this.sentBytes - this.freedBytes
  }

  /** Bytes that came and were not given back. */
  get unreturnedBytes(): number {
    return this.heardBytes - this.toldBytes
  }

  wrote(part: Part, bytes: number): void {
    this.sentBytes += bytes
    this.kept.push({ part, until: this.sentBytes })
  }

  /** The other end gave room back: so many bytes more have arrived there for sure. */
  freed(bytes: number): void {
    this.freedBytes += bytes
    this.forgetUntil(this.freedBytes)
  }

  heard(bytes: number): void {
    this.heardBytes += bytes
  }

  took(bytes: number): void {
    this.takenBytes += bytes
    this.untoldParts += 1
  }

  /** Bytes to be given back; 0 while it is not worth a frame. */
  get dueBytes(): number {
    const untold = this.takenBytes - this.toldBytes
    const isDue = untold >= Math.min(mostOwedBytes, this.windowBytes / 2) || this.untoldParts >= mostOwedParts
    return isDue ? untold : 0
  }

  /** The other end was told what was taken. */
  told(): void {
    this.toldBytes = this.takenBytes
    this.untoldParts = 0
  }

  /** To be told after a break; counts as told. */
  progress(exchangeId: number): PairProgress {
    this.told()
    return { exchangeId, heardBytes: this.heardBytes, takenBytes: this.takenBytes }
  }

  /** The parts that the other end lacks, in order. PROTOCOL_ERROR when its progress cannot be. */
  missing({ heardBytes, takenBytes }: PairProgress): Part[] {
    if (this.hasGivenUp) return []
    this.forgetUntil(heardBytes)
    if (this.arrivedBytes !== heardBytes || takenBytes > heardBytes || takenBytes < this.freedBytes) {
      throw protocolError('A pair resumes at a place where it cannot have been')
    }
    this.freedBytes = takenBytes
    const parts: Part[] = []
    for (let at = 0; at < this.kept.length; at++) {
      const sent = this.kept.at(at)
      if (sent !== undefined) parts.push(sent.part)
    }
    return parts
  }

  /** Nothing that was sent matters any more. */
  giveUp(): void {
    this.hasGivenUp = true
    this.kept.takeAll()
  }

  private forgetUntil(bytes: number): void {
    for (let first = this.kept.at(0); first !== undefined && first.until <= bytes; first = this.kept.at(0)) {
      this.arrivedBytes = first.until
      this.kept.shift()
    }
  }
}

/** The same part, keeping no more memory alive than about its own size. */
export function detachPart(part: Part): Part {
  const bytes = part.body.bytes()
  if (2 * bytes.byteLength >= bytes.buffer.byteLength) return part
  return { ...part, body: new EncodedBody(part.body.codec, new Uint8Array(bytes)) }
}
