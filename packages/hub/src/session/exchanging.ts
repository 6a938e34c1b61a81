/** OPEN to CLOSE: requests and pairs of one connection, each a window of bytes in either direction. */

import {
  type FrameReader,
  type FrameWriter,
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
import type { Accept, AcceptRequest, BusErrorCode, Channel, Clock, EngineAcceptor } from 'busbar/transport'
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

/** What one end of a pair lacks is sent again by the other. */
export function resume({ exchanges }: Connection, body: FrameReader, flags: number): void {
  if (!exchanges.keepsPairs) throw protocolError('This end does not go on with pairs')
  exchanges.onResume(body, flags)
}

function acceptor(connection: Connection, id: number, request: AcceptRequest): Subscription {
  const { core, outbox, exchanges } = connection
  const { channel } = request
  const take: Accept = (offered) => {
    const exchangeId = exchanges.nextOffer()
    const end = new ExchangeEnd(connection, exchangeId, channel, false)
    const offer = offering(id, exchangeId, channel, offered, core.clock)
    end.attach(offered.exchange, offer)
    offer(outbox.frames)
    outbox.written()
    return end
  }
  const ended = (reason: BusErrorCode): void => {
    writeEnded(outbox.frames, id, reason)
    outbox.written()
  }
  const engine = backAgain(connection, id, request, take, ended) ?? core.engine.accept(request, take, ended)
  return {
    claims: 0,
    stop(answerTo) {
      engine.stop()
      if (answerTo === undefined) return
      writeOk(outbox.frames, answerTo)
      outbox.written()
    },
    leave() {
      // Its connection broke: those who talk to it go on if it comes back.
      if (exchanges.outbox === undefined && exchanges.keepsPairs && channel.kind === 'pair') {
        engine.stop()
        exchanges.stopped.set(id, { engine, request })
      } else engine.leave()
    },
    drained() {},
  }
}

/** The acceptor of an earlier connection, if the client asks for the same: the pairs it has count against its concurrency. */
function backAgain(
  { exchanges: { stopped } }: Connection,
  id: number,
  { channel, pattern, concurrency }: AcceptRequest,
  take: Accept,
  ended: (reason: BusErrorCode) => void,
): EngineAcceptor | undefined {
  const before = stopped.get(id)
  stopped.delete(id)
  if (before === undefined) return undefined
  const { engine, request } = before
  const isSame =
    request.channel.name === channel.name &&
    request.pattern === pattern &&
    request.concurrency === concurrency
  if (!isSame) return undefined
  engine.restart(take, ended)
  return engine
}

/** Writes an offer, whenever it is called with the time that is left. Keeps no connection alive. */
function offering(
  acceptorId: number,
  exchangeId: number,
  channel: Channel,
  { message, timeoutMs }: Parameters<Accept>[0],
  clock: Clock,
): (frames: FrameWriter) => void {
  const deadline = timeoutMs === undefined ? undefined : clock.monotonic() + timeoutMs
  return (frames) =>
    void writeOffer(frames, acceptorId, exchangeId, channel, {
      message,
      timeoutMs: deadline === undefined ? undefined : deadline - clock.monotonic(),
    })
}
