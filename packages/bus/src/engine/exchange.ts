/** The exchanges of one channel: who waits, who is served by whom, and how each of them ended. */

import { BusError } from '../errors.js'
import type { Closed } from '../transport.js'
import { matches, parsePattern } from './address-pattern.js'
import { type Acceptor, createAcceptors } from './exchange-acceptors.js'
import { Call, CallList, type CallOwner, expired } from './exchange-call.js'
import { createDeadlines } from './exchange-deadlines.js'
import type { CreateExchangeBroker } from './parts.js'

/** Exchanges that may wait until an acceptor has room. */
const maxWaiting = 10_000

/** Serves one request or pair channel. Nobody hears anything of an exchange in the stack of its `open`. */
export const createExchanges: CreateExchangeBroker = (channel, host) => {
  const { clock } = host
  const isPair = channel.kind === 'pair'
  const deadlines = createDeadlines(clock)
  const acceptors = createAcceptors()
  const waiting = new CallList<Acceptor>()
  /** Those whose opener has yet to take what was said before the end. */
  const lingering = new Set<Call<Acceptor>>()
  const dialed = new Map<string, Call<Acceptor>>()
  const counts = { received: 0, leased: 0, done: 0, dropped: 0, expired: 0, purged: 0 }
  let pending: Call<Acceptor>[] = []
  let spare: Call<Acceptor>[] = []

  const later = (call: Call<Acceptor>): void => {
    pending.push(call)
    if (pending.length === 1) host.defer(flush)
  }

  const flush = (): void => {
    const batch = pending
    pending = spare
    spare = batch
    for (const call of batch) route(call)
    batch.length = 0
  }

  const assign = (call: Call<Acceptor>, acceptor: Acceptor): void => {
    call.holder = acceptor
    acceptor.calls.add(call)
  }

  const serveWaiting = (acceptor: Acceptor): void => {
    let call = waiting.first
    while (call !== undefined && acceptor.open && acceptor.calls.size < acceptor.concurrency) {
      const next: Call<Acceptor> | undefined = call.after
      if (matches(acceptor.pattern, call.message.address)) {
        waiting.remove(call)
        assign(call, acceptor)
        later(call)
      }
      call = next
    }
  }

  const release = (call: Call<Acceptor>): void => {
    const { holder } = call
    if (holder === undefined) return
    call.holder = undefined
    holder.calls.remove(call)
    if (call.started) counts.leased -= 1
    serveWaiting(holder)
  }

  const owner: CallOwner<Acceptor> = {
    endsWithReply: !isPair,
    ended(call, reason) {
      deadlines.remove(call)
      waiting.remove(call)
      if (dialed.get(call.message.address) === call) dialed.delete(call.message.address)
      if (reason.code === 'DONE') counts.done += 1
      else if (reason.code === 'TIMEOUT') counts.expired += 1
      else counts.dropped += 1
    },
    acceptorLeft: release,
    openerLingers: (call) => void lingering.add(call),
    openerLeft: (call) => void lingering.delete(call),
  }

  const hand = (call: Call<Acceptor>, acceptor: Acceptor): void => {
    call.started = true
    counts.leased += 1
    const peer = acceptor.accept({
      message: call.message,
      timeoutMs: call.place < 0 ? undefined : Math.max(0, call.deadline - clock.monotonic()),
      exchange: call.acceptor,
    })
    call.acceptor.attach(peer)
  }

  const unserved = (address: string): Closed => ({
    code: 'NO_RESPONDER',
    message: `Nobody serves ${address}.`,
  })

  /** Where a new exchange goes: to an acceptor, to those that wait, or to its end. */
  const seek = (call: Call<Acceptor>): Acceptor | 'busy' | Closed => {
    const { address } = call.message
    if (call.deadline <= clock.monotonic()) return expired
    if (isPair) {
      const other = dialed.get(address)
      if (other !== undefined && other !== call) {
        return { code: 'PAIR_TAKEN', message: `${address} is dialed by somebody else.` }
      }
      dialed.set(address, call)
    }
    const found = acceptors.pick(address)
    if (found === 'none') return unserved(address)
    if (found !== 'busy' || waiting.size < maxWaiting) return found
    return { code: 'QUEUE_FULL', message: `${maxWaiting} exchanges of ${channel.name} wait already.` }
  }

  const route = (call: Call<Acceptor>): void => {
    if (call.acceptor.over || call.started) return
    const next = call.holder ?? seek(call)
    if (next === 'busy') waiting.add(call)
    else if ('code' in next) call.end(next)
    else {
      if (call.holder === undefined) assign(call, next)
      hand(call, next)
    }
  }

  /** Takes an acceptor off the list; what it was to get goes to others, or ends if nobody else serves it. */
  const retire = (acceptor: Acceptor): void => {
    if (!acceptor.open) return
    acceptor.open = false
    acceptors.remove(acceptor)
    for (const call of acceptor.calls.all()) {
      // What was not handed over is still pending and finds its way again.
      if (!call.started) release(call)
    }
    for (const call of waiting.all()) {
      if (acceptors.pick(call.message.address) === 'none') call.end(unserved(call.message.address))
    }
  }

  const endAll = (calls: Iterable<Call<Acceptor>>, code: 'CLOSED' | 'CANCELLED', message: string): void => {
    for (const call of calls) call.end({ code, message })
  }

  return {
    dead: undefined,

    open(request, peer) {
      counts.received += 1
      const call = new Call<Acceptor>(owner, request.message, peer)
      if (request.timeoutMs !== undefined) {
        call.deadline = clock.monotonic() + request.timeoutMs
        deadlines.add(call)
      }
      later(call)
      return call.opener
    },

    accept(request, accept, ended) {
      const pattern = parsePattern(channel, request.pattern)
      if (isPair && acceptors.taken(pattern)) {
        throw taken(pattern.text)
      }
      const take = (): void => {
        acceptors.add(acceptor)
        serveWaiting(acceptor)
      }
      const acceptor: Acceptor = {
        pattern,
        concurrency: request.concurrency,
        accept,
        ended,
        calls: new CallList(),
        open: true,
      }
      take()
      return {
        stop: () => retire(acceptor),
        restart(accept, ended) {
          if (acceptor.open) return
          if (isPair && acceptors.taken(pattern)) throw taken(pattern.text)
          Object.assign(acceptor, { accept, ended, open: true })
          take()
        },
        leave() {
          retire(acceptor)
          const code = isPair ? 'PEER_GONE' : 'DISCONNECTED'
          for (const call of acceptor.calls.all()) call.end({ code, message: 'The accepting side left.' })
        },
      }
    },

    inspect: () => ({
      ...counts,
      ready: waiting.size,
      delayed: 0,
      dead: 0,
      redriven: 0,
      consumers: acceptors.size,
    }),

    purge() {
      const calls = waiting.all()
      endAll(calls, 'CANCELLED', `The exchanges waiting on ${channel.name} were purged.`)
      counts.dropped -= calls.length
      counts.purged += calls.length
      return calls.length
    },

    close() {
      const message = 'The broker was closed.'
      deadlines.clear()
      for (const acceptor of acceptors.all()) {
        acceptor.open = false
        acceptors.remove(acceptor)
        endAll(acceptor.calls.all(), 'CLOSED', message)
        acceptor.ended('CLOSED')
      }
      endAll(waiting.all(), 'CLOSED', message)
      endAll([...pending], 'CLOSED', message)
      endAll([...lingering], 'CLOSED', message)
      // Those of acceptors that have stopped and are on no list.
      endAll([...dialed.values()], 'CLOSED', message)
    },
  }
}

const taken = (address: string): BusError =>
  new BusError('PAIR_TAKEN', `${address} is served by somebody else.`)
