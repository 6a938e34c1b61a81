/** A peer that speaks the hub protocol byte by byte, so that tests can break its rules. */

import { connect, type Socket } from 'node:net'
import {
  FrameParser,
  FrameReader,
  FrameWriter,
  frameType,
  type Hello,
  type Ready,
  readError,
  readReady,
  readWelcome,
  writeAuth,
  writeDeclare,
  writeHello,
} from '@busbar/protocol'
import type { Channel, Message } from 'busbar/transport'
import { BusError, EncodedBody } from 'busbar/transport'

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly body: FrameReader
}

/** Frames are kept in the order in which they came until somebody asks for one. */
export class RawPeer {
  readonly frames: Frame[] = []
  readonly writer = new FrameWriter()
  closed = false
  private readonly parser = new FrameParser(16 * 1024 * 1024)
  private wake: (() => void)[] = []

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.parser.push(new Uint8Array(chunk))
      while (this.parser.next()) {
        const { type, flags, body } = this.parser
        const copy = body.data.slice(body.position, body.end)
        this.frames.push({ type, flags, body: new FrameReader().reset(copy) })
      }
      this.notify()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
      this.notify()
    })
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  /** Sends what was written to `writer`. */
  flush(): void {
    this.send(this.take())
  }

  /** What was written to `writer`, as one block. */
  take(): Uint8Array {
    const chunks: Uint8Array[] = []
    this.writer.handOver((chunk) => chunks.push(chunk) > 0)
    return Buffer.concat(chunks)
  }

  /** The next frame of these types; others stay for later. Rejects when the connection closes first. */
  async next(...types: readonly number[]): Promise<Frame> {
    for (;;) {
      const at = this.frames.findIndex((frame) => types.includes(frame.type))
      const [found] = at < 0 ? [] : this.frames.splice(at, 1)
      if (found !== undefined) return found
      if (this.closed) throw new Error(`closed before a frame of type ${types.join(' or ')} came`)
      await this.change()
    }
  }

  /** The code of the ERROR frame with which the hub ended the connection; undefined when it said nothing. */
  async end(): Promise<string | undefined> {
    while (!this.closed) await this.change()
    const error = this.frames.find((frame) => frame.type === frameType.error)
    return error && readError(error.body).code
  }

  async hello(token = '', hello: Partial<Hello> = {}): Promise<Ready> {
    writeHello(
      this.writer,
      { min: 1, max: 1 },
      { features: [], service: 'raw', instance: 'raw-1', session: undefined, ...hello },
    )
    this.flush()
    readWelcome((await this.next(frameType.welcome)).body)
    writeAuth(this.writer, token)
    this.flush()
    return readReady((await this.next(frameType.ready)).body)
  }

  async declare(channelId: number, channel: Channel): Promise<void> {
    writeDeclare(this.writer, { request: channelId, channelId, channel })
    this.flush()
    await this.answer()
  }

  /** The answer to the one request under way; throws what FAIL says. */
  async answer(): Promise<FrameReader> {
    const { type, body } = await this.next(frameType.ok, frameType.fail)
    body.u32()
    if (type === frameType.ok) return body
    throw new BusError(readError(body).code, 'The hub said no.')
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.wake.push(resolve))
  }

  private notify(): void {
    for (const wake of this.wake.splice(0)) wake()
  }
}

export function rawPeer(url: string | undefined): Promise<RawPeer> {
  const { hostname, port } = new URL(url ?? '')
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () =>
      resolve(new RawPeer(socket)),
    )
    socket.once('error', reject)
  })
}

/** A peer that is ready. */
export async function readyPeer(url: string | undefined, token?: string): Promise<RawPeer> {
  const peer = await rawPeer(url)
  await peer.hello(token)
  return peer
}

/** Length, type and flags, then the body. */
export function frame(type: number, body: Uint8Array = new Uint8Array(0), flags = 0): Uint8Array {
  const bytes = new Uint8Array(6 + body.length)
  new DataView(bytes.buffer).setUint32(0, body.length + 2)
  bytes[4] = type
  bytes[5] = flags
  bytes.set(body, 6)
  return bytes
}

export function channelNamed(name: string, kind: Channel['kind'], params: readonly string[] = []): Channel {
  return {
    name,
    kind,
    params,
    fingerprint: 'f',
    guarantees: {
      tracked: kind === 'queue' || kind === 'stream',
      retry: { attempts: 3, backoff: 'fixed', initialMs: 10, maxMs: 10 },
      leaseMs: 30_000,
      ordered: false,
      priority: false,
      ttlMs: undefined,
      dedupeMs: undefined,
      maxBytes: 1_048_576,
      durable: false,
      keepMs: undefined,
      keepCount: undefined,
      keepBytes: undefined,
      streamed: false,
    },
  }
}

let count = 0
export function messageTo(
  address: string,
  body: Uint8Array | string = '{}',
  extra: Partial<Message> = {},
): Message {
  count += 1
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return {
    id: `0191e7c0-0000-7000-8000-${count.toString(16).padStart(12, '0')}`,
    address,
    key: undefined,
    headers: {},
    time: 1_700_000_000_000,
    body: new EncodedBody('json', bytes),
    ...extra,
  }
}
