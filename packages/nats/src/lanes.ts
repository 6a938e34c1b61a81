/** Requests and pairs on core NATS: an inbox for each link, queue groups for those who serve, 503 where nobody does. */

import { createExchanges, type Exchanges, type Frame, type Lanes } from '@busbar/adapter'
import { createInbox, type Msg, type Subscription } from '@nats-io/transport-node'
import { BusError, type Host, isBusError } from 'busbar/transport'
import { away, sendError } from './errors.js'
import type { Flushes } from './flushes.js'
import { HeaderReader, HeaderWriter } from './header-block.js'
import type { Link, Session } from './link.js'
import type { Names } from './names.js'
import { createPairClaims } from './pair-claims.js'
import { Publication } from './publication.js'
import { safely } from './safely.js'
import { attributes, type HeaderRecord } from './wire-headers.js'

/** How long other links may take to be back after this one. */
const comebackMs = 5_000
/** All who serve a subject share what comes. */
const responders = 'busbar'
const exchangeHeader = 'busbar-exchange'
const replyHeader = 'busbar-reply'

export function createNatsExchanges(link: Link, host: Host, names: Names, flushes: Flushes): Exchanges {
  const inbox = createInbox()
  const [reader, writer] = [new HeaderReader(), new HeaderWriter()]
  /** Openings of which nobody has said yet that nobody is there. */
  const offered = new Map<string, { isNobody: boolean }>()
  const claims = createPairClaims(link, host, names, flushes)
  let serverId = ''
  let backAt = Number.NEGATIVE_INFINITY

  const live = (): Session => {
    const { session } = link
    if (session === undefined || session.nc.isClosed()) throw away('rejected')
    return session
  }
  const publish = ({ nc }: Session, subject: string, frame: Frame, reply?: string): void => {
    try {
      new Publication(writer, subject, frame.headers, frame.body, reply).send(nc)
    } catch (cause) {
      if (nc.isClosed()) return
      throw sendError(cause)
    }
  }
  const onInbox = (msg: Msg): void => {
    const exchangeId = msg.subject.slice(inbox.length + 1)
    if (msg.headers?.code === 503) {
      const one = offered.get(exchangeId)
      if (one !== undefined) one.isNobody = true
      return
    }
    const headers = reader.of(msg)
    // A foreign responder answers where the opening said, and knows nothing of exchanges.
    const isForeign = exchangeId !== '' && headers[exchangeHeader] === undefined
    exchanges.onFrame({
      headers: isForeign ? { ...headers, [exchangeHeader]: exchangeId } : headers,
      body: msg.data,
    })
  }
  const listen = ({ nc }: Session): void => {
    for (const subject of [inbox, `${inbox}.*`]) {
      nc.subscribe(subject, { callback: safely(onInbox) })
    }
  }
  const isFresh = (): boolean => host.clock.monotonic() - backAt < comebackMs
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      host.clock.after(comebackMs / 100, resolve)
    })
  async function offerOnce(address: string, frame: Frame): Promise<'offered' | 'nobody'> {
    const session = live()
    const exchangeId = frame.headers[exchangeHeader] ?? ''
    const one = { isNobody: false }
    offered.set(exchangeId, one)
    try {
      // The server says "nobody" before it answers a ping that came later.
      const flushed = flushes.after(session)
      publish(session, names.subject(address), frame, `${inbox}.${exchangeId}`)
      await flushed.catch(() => {
        throw away('unknown')
      })
    } finally {
      offered.delete(exchangeId)
    }
    return one.isNobody ? 'nobody' : 'offered'
  }
  const lanes: Lanes = {
    inbox,
    send(to, frame) {
      const { session } = link
      // What is lost in a cut is asked for again when both are back.
      if (session !== undefined && !session.nc.isClosed()) publish(session, to, frame)
    },
    async offer({ kind }, address, frame, signal) {
      if (kind !== 'pair') return offerOnce(address, frame)
      for (;;) {
        const said = await offerOnce(address, frame).catch((error: unknown) => {
          if (isBusError(error, 'DISCONNECTED')) return 'cut'
          throw error
        })
        // After a cut that other links had too the one who serves may come back a moment after this one.
        if (said === 'offered' || signal.aborted || (said === 'nobody' && !isFresh())) {
          return said === 'offered' ? said : 'nobody'
        }
        await pause()
        await link.ready()
      }
    },
    async serve(request, onOpening) {
      const session = await link.ready()
      const claim = request.channel.kind === 'pair' ? await claims.claim(request) : undefined
      let subscription: Subscription | undefined
      let refusal: Error | undefined
      const take = safely((msg) => onOpening(openingOf(msg, reader.of(msg)), names.address(msg.subject)))
      const begin = ({ nc }: Session): void => {
        subscription = nc.subscribe(names.filter(request.pattern), {
          queue: responders,
          callback(error, msg) {
            if (error !== null) refusal = error
            else take(error, msg)
          },
        })
      }
      const unuse = link.use({ up: begin })
      begin(session)
      const stop = async (): Promise<void> => {
        unuse()
        claim?.release()
        await link.session?.drain(subscription)
      }
      await flushes.after(session).catch(() => undefined)
      if (refusal !== undefined) {
        await stop()
        const what = `NATS does not let this user subscribe to ${names.filter(request.pattern)}.`
        throw new BusError('PERMISSION_DENIED', what, { cause: refusal })
      }
      return { ...(claim !== undefined && { ended: claim.lost }), stop }
    },
  }
  const exchanges = createExchanges(host, lanes, { prefix: attributes })
  link.use({
    up(session) {
      listen(session)
      const id = session.nc.info?.server_id ?? ''
      // Another server, or the same one started anew: nobody can say what became of what was on its way.
      if (id !== serverId) exchanges.onDown({ code: 'PAIR_RESET', message: 'NATS was started anew.' })
      serverId = id
      backAt = host.clock.monotonic()
      exchanges.onBack()
    },
    down: () => exchanges.onCut(),
  })
  if (link.session !== undefined) {
    listen(link.session)
    serverId = link.session.nc.info?.server_id ?? ''
  }
  return exchanges
}

/** A foreign caller only says where the answer is to go. */
function openingOf(msg: Msg, headers: HeaderRecord): Frame {
  const isForeign = headers[replyHeader] === undefined && msg.reply !== undefined && msg.reply !== ''
  return { headers: isForeign ? { ...headers, [replyHeader]: msg.reply ?? '' } : headers, body: msg.data }
}
