/** The exchanges of one bus on the memory wire: those it opened, and those it serves. */

import type { Engine } from '../engine/engine.js'
import type { BusErrorCode } from '../error-table.js'
import { BusError, isBusError } from '../errors.js'
import { createSignalWatch } from '../signal-watch.js'
import type {
  Accept,
  AcceptRequest,
  Closed,
  Consumer,
  Exchange,
  MaybePromise,
  OpenRequest,
  Part,
  Peer,
} from '../transport.js'
import type { MemoryConsumer } from './memory-consumer.js'

/** Passes on what a peer hears, and tells once when it has heard the last. */
class WatchedPeer implements Peer {
  exchange: Exchange | undefined
  private left = false

  constructor(
    private readonly peer: Peer,
    private readonly over: (watched: WatchedPeer) => void,
    readonly signal?: AbortSignal,
  ) {}

  part(part: Part): MaybePromise<void> {
    return this.peer.part(part)
  }

  closed(reason: Closed): void {
    if (this.left) return
    this.over(this)
    this.peer.closed(reason)
  }

  /** Goes away: this side hears that it was closed, the other that nobody is there any more. */
  leave(): void {
    this.closed({ code: 'CLOSED', message: 'The bus that opened the exchange was closed.' })
    this.left = true
    this.exchange?.close({ code: 'PEER_GONE', message: 'The other side closed its bus.' })
  }
}

/** An exchange that never was: its opener hears why as soon as it has returned. */
export function refusedExchange(peer: Peer, reason: Closed): Exchange {
  queueMicrotask(() => peer.closed(reason))
  return {
    send: () =>
      Promise.reject(
        new BusError(
          reason.code === 'DONE' ? 'CLOSED' : reason.code,
          'The exchange was refused, nothing was sent.',
        ),
      ),
    close() {},
  }
}

export interface OpenedExchanges {
  open(request: OpenRequest, peer: Peer, signal: AbortSignal): Exchange
  /** Ends those that run. */
  close(): void
}

export function createOpenedExchanges(engine: Engine): OpenedExchanges {
  const open = new Set<WatchedPeer>()
  const over = (watched: WatchedPeer): void => void open.delete(watched)
  const watch = createSignalWatch((signal) => {
    for (const one of [...open]) if (one.signal === signal) one.exchange?.close({ code: 'CANCELLED' })
  })

  return {
    open(request, peer, signal) {
      if (signal.aborted) return refusedExchange(peer, { code: 'CANCELLED' })
      watch(signal)
      const one = new WatchedPeer(peer, over, signal)
      try {
        one.exchange = engine.open(request, one)
        open.add(one)
        return one.exchange
      } catch (error) {
        if (!isBusError(error)) throw error
        return refusedExchange(peer, { code: error.code, message: error.message })
      }
    },
    close() {
      for (const one of [...open]) one.leave()
    },
  }
}

/** Serves exchanges; `gone` is called when it has left. */
export function createMemoryAcceptor(
  engine: Engine,
  request: AcceptRequest,
  accept: Accept,
  gone: (consumer: MemoryConsumer) => void,
): MemoryConsumer {
  let running = 0
  let left = false
  let closing: Promise<void> | undefined
  let onIdle: (() => void) | undefined
  let settleEnded: (reason: BusErrorCode | undefined) => void
  const ended: Consumer['ended'] = new Promise((resolve) => {
    settleEnded = resolve
  })
  const over = (): void => {
    running -= 1
    if (running === 0) onIdle?.()
  }
  const acceptor = engine.accept(
    request,
    (offer) => {
      running += 1
      return new WatchedPeer(accept(offer), over)
    },
    (reason) => {
      settleEnded(reason)
      closing ??= end()
    },
  )

  const leave = (): void => {
    if (left) return
    left = true
    acceptor.leave()
    settleEnded(undefined)
    gone(self)
  }

  async function end(): Promise<void> {
    acceptor.stop()
    if (running > 0) {
      await new Promise<void>((resolve) => {
        onIdle = resolve
      })
    }
    leave()
  }

  const self: MemoryConsumer = {
    ended,
    get isClosing() {
      return closing !== undefined
    },
    close() {
      closing ??= end()
      return closing
    },
    abandon: leave,
  }
  return self
}
