// A hub that follows a script: answers the handshake and set-up by itself, the rest only when a test says so.

import { ManualClock } from 'busbar/testing'
import type { Channel, Host, LinkState, Transport } from 'busbar/transport'
import { createSession } from '../src/client/session.js'
import { FrameParser } from '../src/frame-parser.js'
import { FrameWriter } from '../src/frame-writer.js'
import { frameType, type Ready, type Welcome } from '../src/frames.js'
import { readHello, readHelloRange, writeReady, writeWelcome } from '../src/handshake-frames.js'
import type { Link, LinkEvents } from '../src/link.js'
import { writeOk } from '../src/manage-frames.js'

export interface Heard {
  readonly type: number
  readonly flags: number
  readonly body: Uint8Array
}

export class ScriptedConnection {
  readonly heard: Heard[] = []
  readonly out = new FrameWriter()
  isOpen = true
  private readonly parser = new FrameParser(16 * 1024 * 1024)

  constructor(
    private readonly hub: ScriptedHub,
    private readonly events: LinkEvents,
  ) {}

  readonly link: Link = {
    send: (chunk) => {
      if (this.isOpen) this.take(chunk)
      return true
    },
    pause: () => undefined,
    resume: () => undefined,
    close: () => this.cut(),
    destroy: () => this.cut(),
  }

  /** Sends what `write` wrote. */
  say(write: (out: FrameWriter) => void): void {
    write(this.out)
    this.out.handOver((chunk) => {
      this.events.onData(chunk)
      return true
    })
  }

  cut(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.events.onClose(undefined)
  }

  of(type: number): Heard[] {
    return this.heard.filter((frame) => frame.type === type)
  }

  private take(chunk: Uint8Array): void {
    this.parser.push(chunk)
    while (this.parser.next()) {
      const { type, flags, body } = this.parser
      this.heard.push({ type, flags, body: body.data.slice(body.position, body.end) })
      this.answer(type, this.parser)
    }
  }

  private answer(type: number, { body }: FrameParser): void {
    const { hub } = this
    if (hub.mute.has(type)) return
    if (type === frameType.hello) {
      readHelloRange(body)
      hub.hellos.push(readHello(body))
      this.say((out) => writeWelcome(out, 1, hub.welcome))
    } else if (type === frameType.auth) this.say((out) => writeReady(out, hub.ready))
    else if (
      type === frameType.declare ||
      type === frameType.consume ||
      type === frameType.accept ||
      type === frameType.stop
    ) {
      const request = body.u32()
      this.say((out) => writeOk(out, request))
    }
  }
}

export class ScriptedHub {
  readonly clock = new ManualClock()
  readonly connections: ScriptedConnection[] = []
  readonly hellos: unknown[] = []
  readonly states: LinkState[] = []
  /** Frame types that get no answer. */
  readonly mute = new Set<number>()
  /** Dials that fail from now on. */
  refusals = 0
  welcome: Welcome = {
    features: [],
    maxFrameBytes: 1024 * 1024 + 128 * 1024,
    maxMessageBytes: 1024 * 1024,
    publishWindowBytes: 1024 * 1024,
    exchangeWindowBytes: 64 * 1024,
    heartbeatMs: 10_000,
    resumeMs: 30_000,
    epoch: 'e1',
  }
  ready: Ready = { session: { id: 's1', token: 'secret' }, resumed: false, lastSequence: 0, durable: false }

  readonly host: Host = {
    service: 'orders',
    instance: 'orders-1',
    clock: this.clock,
    random: () => 0.5,
    onState: (state) => this.states.push(state),
  }

  /** The connection that was made last. */
  get now(): ScriptedConnection {
    const last = this.connections.at(-1)
    if (last === undefined) throw new Error('nobody connected')
    return last
  }

  connect(
    options: { readonly maxQueuedMessages?: number; readonly maxQueuedBytes?: number } = {},
  ): Promise<Transport> {
    return createSession(this.host, {
      ...options,
      name: 'script',
      url: 'script:',
      token: 'key',
      dial: async (events) => {
        if (this.refusals > 0) {
          this.refusals -= 1
          throw new Error('refused')
        }
        const connection = new ScriptedConnection(this, events)
        this.connections.push(connection)
        return connection.link
      },
    })
  }
}

/** Long enough for chains of promises. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

export function channelOf(kind: Channel['kind'], tracked = kind === 'queue' || kind === 'stream'): Channel {
  return {
    name: 'shop.order',
    kind,
    params: [],
    fingerprint: 'f1',
    guarantees: {
      tracked,
      retry: { attempts: 5, backoff: 'fixed', initialMs: 100, maxMs: 100 },
      leaseMs: 30_000,
      ordered: false,
      priority: false,
      ttlMs: undefined,
      dedupeMs: undefined,
      maxBytes: 1024 * 1024,
      durable: false,
      keepMs: undefined,
      keepCount: undefined,
      keepBytes: undefined,
      streamed: false,
    },
  }
}
