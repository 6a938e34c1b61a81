/** OPEN to CLOSE: requests and pairs of one connection, each a window of bytes in either direction. */

import {
  type FrameReader,
  IdTable,
  protocolError,
  readAccept,
  readClose,
  readOpen,
  readPart,
  wireErrorOf,
  writeClose,
  writeEnded,
  writeOffer,
  writeOk,
} from '@busbar/protocol'
import type { AcceptRequest, EngineAcceptor } from 'busbar/transport'
import { addSubscription, checkConcurrency, checkSubscribePattern, limitExceeded } from './admission.js'
import {
  answering,
  type Connection,
  channelOf,
  expectKind,
  permit,
  reportDefect,
  type Subscription,
} from './connection.js'
import { ExchangeEnd } from './exchange-end.js'
import { checkMessage } from './message-check.js'

/** Exchanges by number: odd ones the client opened, even ones the hub offered to it. */
export class Exchanges {
  readonly ends = new IdTable<ExchangeEnd>()
  /** How many of them the client opened. */
  opened = 0
  private lastOffer = 0

  nextOffer(): number {
    this.lastOffer = (this.lastOffer + 2) % 0xffff_fffe
    return this.lastOffer
  }

  /** The connection is gone: what the client opened ends; what was offered to it ends with its acceptor. */
  abandon(): void {
    for (const end of this.ends.all()) if (end.opener) end.abandon()
  }
}

export function open(connection: Connection, body: FrameReader, flags: number): void {
  const { core, exchanges } = connection
  const { exchangeId, request } = readOpen(body, flags, (id) => channelOf(connection, id))
  if (exchangeId % 2 === 0 || exchanges.ends.has(exchangeId)) {
    throw protocolError(`Exchange ${exchangeId} exists or has an even number`)
  }
  try {
    const { channel, message } = request
    expectKind(channel, 'open', 'request', 'pair')
    checkMessage(channel, message, core.limits.maxMessageBytes)
    permit(connection, 'open', channel.name)
    if (exchanges.opened >= core.limits.maxExchanges)
      throw limitExceeded('maxExchanges', core.limits.maxExchanges)
    const end = new ExchangeEnd(connection, exchangeId, channel, true)
    end.attach(core.engine.open(request, end))
  } catch (error) {
    reportDefect(connection, error)
    const { code, message } = wireErrorOf(error)
    writeClose(connection.outbox.frames, exchangeId, { code, message })
    connection.outbox.written()
  }
}

export function accept(connection: Connection, body: FrameReader): void {
  const { request, acceptorId, channelId, spec } = readAccept(body)
  const channel = channelOf(connection, channelId)
  answering(connection, request, () => {
    expectKind(channel, 'accept', 'request', 'pair')
    checkSubscribePattern(channel, spec.pattern)
    checkConcurrency(spec.concurrency)
    permit(connection, 'accept', spec.pattern)
    addSubscription(connection, acceptorId, () => acceptor(connection, acceptorId, { ...spec, channel }))
    writeOk(connection.outbox.frames, request)
    connection.outbox.written()
  })
}

/** Parts of an exchange that has ended meanwhile, or was never this connection's, reach nobody. */
export function part(connection: Connection, body: FrameReader, flags: number): void {
  const bytes = body.left
  connection.exchanges.ends.get(body.u32())?.heard(readPart(body, flags), bytes)
}

export function addWindow(connection: Connection, body: FrameReader): void {
  const end = connection.exchanges.ends.get(body.u32())
  const bytes = body.u32()
  body.finish()
  end?.widen(bytes)
}

export function close(connection: Connection, body: FrameReader): void {
  const exchangeId = body.u32()
  const reason = readClose(body)
  connection.exchanges.ends.get(exchangeId)?.hungUp(reason)
}

function acceptor(connection: Connection, id: number, request: AcceptRequest): Subscription {
  const { core, outbox, exchanges } = connection
  const { channel } = request
  const engine: EngineAcceptor = core.engine.accept(
    request,
    ({ message, timeoutMs, exchange }) => {
      const exchangeId = exchanges.nextOffer()
      const end = new ExchangeEnd(connection, exchangeId, channel, false)
      end.attach(exchange)
      writeOffer(outbox.frames, id, exchangeId, channel, { message, timeoutMs })
      outbox.written()
      return end
    },
    (reason) => {
      writeEnded(outbox.frames, id, reason)
      outbox.written()
    },
  )
  return {
    claims: 0,
    stop(answerTo) {
      engine.stop()
      if (answerTo === undefined) return
      writeOk(outbox.frames, answerTo)
      outbox.written()
    },
    leave: () => engine.leave(),
    drained() {},
  }
}
