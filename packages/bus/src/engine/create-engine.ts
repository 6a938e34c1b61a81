/** Puts the engine together: one broker per channel, and what all channels have in common. */

import { BusError } from '../errors.js'
import type { Answer, Command } from '../manage.js'
import type { MaybePromise, PublishRequest, Receipt } from '../transport.js'
import { createChannels } from './channels.js'
import { type DedupeWindow, digestOf } from './dedupe-window.js'
import type { Engine, EngineHost } from './engine.js'
import { defaultLimits } from './limits.js'
import { manageChannel } from './manage-channel.js'
import type { ChannelBroker, PartHost } from './parts.js'

/** Makes an engine that touches nothing but its host. After `close()` every call throws CLOSED. */
export function createEngine(host: EngineHost): Engine {
  const { clock, random, defer, store, crashFails } = host
  // A token of an earlier run on the same store must never pass for one of this run.
  let lastToken = (store?.epoch ?? 0) * 2 ** 32
  let closed = false
  const limits = Object.freeze({ ...defaultLimits, ...host.limits })
  const nextToken = (): number => ++lastToken
  const parts: PartHost = {
    clock,
    random,
    defer,
    limits,
    nextToken,
    ...(store && { store }),
    ...(crashFails && { crashFails }),
  }
  const channels = createChannels(parts)

  const assertOpen = (): void => {
    if (closed) throw new BusError('CLOSED', 'The engine was closed.', { outcome: 'rejected' })
  }

  return {
    declare(channel) {
      assertOpen()
      channels.declare(channel)
    },
    publish(request) {
      assertOpen()
      const record = channels.get(request.channel)
      const { messages, dedupe } = record
      if (messages === undefined) throw channels.wrongKind(request.channel, 'be published to')
      // Who keeps a journal asks the window itself.
      return dedupe === undefined || messages.flushed !== undefined
        ? messages.publish(request)
        : publishOnce(messages, dedupe, request)
    },
    consume(request, sink) {
      assertOpen()
      const { messages } = channels.get(request.channel)
      if (messages === undefined) throw channels.wrongKind(request.channel, 'be consumed')
      return messages.consume(request, sink)
    },
    open(request, peer) {
      assertOpen()
      const { exchanges } = channels.get(request.channel)
      if (exchanges === undefined) throw channels.wrongKind(request.channel, 'open exchanges')
      return exchanges.open(request, peer)
    },
    accept(request, accept, ended) {
      assertOpen()
      const { exchanges } = channels.get(request.channel)
      if (exchanges === undefined) throw channels.wrongKind(request.channel, 'accept exchanges')
      return exchanges.accept(request, accept, ended)
    },
    manage<C extends Command>(channel: { readonly name: string }, command: C): Answer<C> {
      assertOpen()
      const record = channels.find(channel.name)
      if (record === undefined)
        throw new BusError('NOT_FOUND', `${channel.name}: no such topic was declared here.`)
      return manageChannel(record, command)
    },
    async flushed(channel) {
      await channels.find(channel.name)?.broker.flushed?.()
    },
    close() {
      if (closed) return
      closed = true
      for (const { broker } of channels.values()) broker.close()
    },
  }
}

function publishOnce(
  messages: ChannelBroker,
  dedupe: DedupeWindow,
  request: PublishRequest,
): MaybePromise<Receipt> {
  const { id, body } = request.message
  const seen = dedupe.find(id, body)
  if (seen !== undefined) {
    const { offset } = seen
    return { id, level: 'accepted', duplicate: true, ...(offset !== undefined && { offset }) }
  }
  const digest = digestOf(body)
  const receipt = messages.publish(request)
  // Only now: what was refused may be sent again.
  dedupe.add(id, digest, { offset: 'offset' in receipt ? receipt.offset : undefined })
  return receipt
}
