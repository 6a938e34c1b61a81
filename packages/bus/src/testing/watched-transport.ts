/** A transport that keeps the ledger of what passes through it and changes nothing. */

import type { Channel } from '../channel.js'
import type { Clock } from '../clock.js'
import type { Outcome } from '../outcome.js'
import type {
  Accept,
  Connect,
  Deliver,
  MaybePromise,
  Message,
  Peer,
  Receipt,
  Transport,
} from '../transport.js'
import type { Ledger, Open } from './ledger.js'

/** Wraps a wire so that every bus on it writes into one ledger. */
export function watched(connect: Connect, ledger: Ledger, clock: Clock): Connect {
  return async (host) => watch(await connect(host), host.service, ledger, clock)
}

function watch(inner: Transport, service: string, ledger: Ledger, clock: Clock): Transport {
  ledger.transports.add(inner)
  return {
    ...inner,
    close(signal) {
      ledger.transports.delete(inner)
      return inner.close(signal)
    },
    async declare(channel, signal) {
      await inner.declare(channel, signal)
      ledger.channels.set(channel.name, channel)
    },
    publish(request, signal) {
      const { channel, message, delayMs } = request
      const sent = seen(channel, message)
      const receipt = inner.publish(request, signal)
      const accept = (given: Receipt): Receipt => {
        ledger.sent.push(sent)
        if (delayMs !== undefined) ledger.dues.add(clock.monotonic() + delayMs)
        ledger.moved()
        return given
      }
      if (!(receipt instanceof Promise)) return accept(receipt)
      const open = begin('publish', channel, message)
      return receipt.then(accept).finally(() => ledger.end(open))
    },
    async consume(request, deliver, signal) {
      const consumer = await inner.consume(request, watchDeliver(request.channel, deliver), signal)
      ledger.moved()
      return consumer
    },
    open(request, peer, signal) {
      const { channel, message } = request
      ledger.sent.push(seen(channel, message))
      return inner.open(request, watchPeer(begin('request', channel, message), channel, peer), signal)
    },
    async accept(request, accept, signal) {
      const consumer = await inner.accept(request, watchAccept(request.channel, accept), signal)
      ledger.moved()
      return consumer
    },
  }

  function watchDeliver(channel: Channel, deliver: Deliver): Deliver {
    return (delivery) => {
      const { message, attempt } = delivery
      const entry = { ...seen(channel, message), attempt }
      const open = begin('handler', channel, message)
      const settle = (outcome: Outcome): Outcome => {
        if (outcome.kind === 'retry') ledger.dues.add(clock.monotonic() + outcome.afterMs)
        ledger.handled.push({ ...entry, ending: outcome.kind })
        ledger.end(open)
        return outcome
      }
      const outcome: MaybePromise<Outcome> = deliver(delivery)
      return outcome instanceof Promise ? outcome.then(settle) : settle(outcome)
    }
  }

  function watchAccept(channel: Channel, accept: Accept): Accept {
    return (offer) => {
      const entry = { ...seen(channel, offer.message), attempt: 1 }
      const open = begin('handler', channel, offer.message)
      const peer = accept(offer)
      return {
        part: (part) => peer.part(part),
        closed(reason) {
          ledger.handled.push({ ...entry, ending: reason.code === 'DONE' ? 'done' : reason.code })
          peer.closed(reason)
          ledger.end(open)
        },
      }
    }
  }

  function watchPeer(open: Open, channel: Channel, peer: Peer): Peer {
    return {
      part(part) {
        ledger.moved()
        // A pair may stay open for as long as both sides like: only its being taken is waited for.
        if (channel.kind === 'pair') ledger.end(open)
        return peer.part(part)
      },
      closed(reason) {
        peer.closed(reason)
        ledger.end(open)
      },
    }
  }

  function seen({ name }: Channel, message: Message) {
    return { topic: name, service, message, bytes: message.body.bytes() }
  }

  function begin(what: Open['what'], { name, kind }: Channel, { id }: Message): Open {
    const open = { what, topic: name, id, service, sinceMs: clock.monotonic() }
    return kind === 'pair' && what === 'handler' ? open : ledger.begin(open)
  }
}
