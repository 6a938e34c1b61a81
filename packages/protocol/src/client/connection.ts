/** One connection: bytes to frames and back, coalesced writes, heartbeat. Knows nothing of what the frames mean. */

import { BusError, type Clock, isBusError } from 'busbar/transport'
import { readError, wireErrorOf, writeError } from '../error-frames.js'
import { FrameParser, turnBytes, turnFrames } from '../frame-parser.js'
import type { FrameReader } from '../frame-reader.js'
import { FrameWriter } from '../frame-writer.js'
import { frameType, ignorable, protocolLimits } from '../frames.js'
import { readBeat, writeBeat } from '../handshake-frames.js'
import type { Link, LinkEvents } from '../link.js'
import { protocolError } from '../protocol-error.js'
import { type Heartbeat, startHeartbeat } from './heartbeat.js'

export interface ConnectionHost {
  readonly clock: Clock
  readonly defer: (fn: () => void) => void
  readonly yieldTurn: (fn: () => void) => void
  /** False for a type that this end does not know. May throw PROTOCOL_ERROR. */
  onFrame(type: number, flags: number, body: FrameReader): boolean
  /** The last moment to add frames to what is about to be sent. */
  onFlush(): void
  /** Once; nothing comes afterwards. */
  onEnd(reason: BusError): void
}

/** Made before its link, because bytes may come as soon as the link is there. */
export class Connection implements LinkEvents {
  /** Frames are written here; `flush()` makes them go. */
  readonly out = new FrameWriter()
  private readonly parser = new FrameParser(protocolLimits.preAuthFrameBytes)
  private link: Link | undefined
  private heartbeat: Heartbeat | undefined
  private flushing = false
  private blocked = false
  private behind = false
  private over = false

  constructor(private readonly host: ConnectionHost) {}

  attach(link: Link): void {
    this.link = link
    if (this.over) link.destroy()
    else this.sendNow()
  }

  /** After READY: larger frames are allowed and silence is noticed. */
  admit(maxFrameBytes: number, heartbeatMs: number): void {
    this.parser.maxFrameBytes = maxFrameBytes
    const beat = (): void => {
      writeBeat(this.out, frameType.ping, 0)
      this.flush()
    }
    this.heartbeat = startHeartbeat(this.host.clock, heartbeatMs, beat, () => {
      this.end(new BusError('DISCONNECTED', `The hub was silent for ${2 * heartbeatMs} ms.`))
    })
  }

  /** Sends what was written, together with what is written until this turn ends. */
  flush(): void {
    if (this.flushing) return
    this.flushing = true
    this.host.defer(() => {
      this.flushing = false
      this.sendNow()
    })
  }

  /** Bytes that wait because the link does not take more. */
  get pendingBytes(): number {
    return this.out.pendingBytes
  }

  /** Sends what was written, then ends the link. */
  close(): void {
    if (this.over) return
    this.blocked = false
    this.sendNow()
    this.finish(new BusError('CLOSED', 'The connection was closed by this side.'))
    this.link?.close()
  }

  /** Ends the link at once and says why to the owner. */
  end(reason: BusError): void {
    if (this.over) return
    this.finish(reason)
    this.link?.destroy()
  }

  onData(chunk: Uint8Array): void {
    if (this.over) return
    this.heartbeat?.heard()
    this.parser.push(chunk)
    if (!this.behind) this.takeTurn()
  }

  onDrain(): void {
    this.blocked = false
    this.sendNow()
  }

  onClose(reason: string | undefined): void {
    this.finish(
      new BusError(
        'DISCONNECTED',
        `The connection to the hub broke${reason === undefined ? '' : `: ${reason}`}.`,
      ),
    )
  }

  private sendNow(): void {
    const { link } = this
    if (link === undefined || this.over || this.blocked) return
    this.host.onFlush()
    if (this.out.pendingBytes === 0) return
    this.heartbeat?.said()
    this.blocked = !this.out.handOver((chunk) => link.send(chunk))
  }

  /** Handles frames, but lets others run after a fair share. */
  private takeTurn(): void {
    const { parser } = this
    try {
      let bytes = 0
      for (let frames = 0; frames < turnFrames && bytes < turnBytes; frames++) {
        if (this.over || !parser.next()) {
          this.caughtUp()
          return
        }
        bytes += parser.body.left
        this.handle(parser.type, parser.flags, parser.body)
      }
    } catch (error) {
      this.fail(error)
      return
    }
    if (!this.behind) this.link?.pause()
    this.behind = true
    this.host.yieldTurn(() => this.takeTurn())
  }

  private caughtUp(): void {
    if (this.behind) this.link?.resume()
    this.behind = false
  }

  private handle(type: number, flags: number, body: FrameReader): void {
    switch (type) {
      case frameType.ping:
        writeBeat(this.out, frameType.pong, readBeat(body))
        this.flush()
        return
      case frameType.pong:
        readBeat(body)
        return
      case frameType.error: {
        const { code, message, details } = readError(body)
        this.end(new BusError(code, message, { details }))
        return
      }
      default:
        if (!this.host.onFrame(type, flags & ~ignorable, body) && (flags & ignorable) === 0) {
          throw protocolError(`The hub sent a frame of the unknown type ${type}`)
        }
    }
  }

  private fail(error: unknown): void {
    const reason = isBusError(error)
      ? error
      : new BusError('INTERNAL', 'A frame was not handled.', { cause: error })
    writeError(this.out, wireErrorOf(reason))
    this.blocked = false
    this.sendNow()
    this.finish(reason)
    this.link?.close()
  }

  private finish(reason: BusError): void {
    if (this.over) return
    this.over = true
    this.heartbeat?.stop()
    this.host.onEnd(reason)
  }
}
