/** Requests and pairs: what RabbitMQ gives to the shared emulation of exchanges. */

import { createExchanges, type Exchanges, type Frame, type Lanes } from '@busbar/adapter'
import { BusError } from 'busbar/transport'
import type { Context } from './context.js'
import { dialect } from './envelope.js'
import { toBusError } from './errors.js'
import { expirationOf, writeFrame } from './frames.js'
import { createInbox, type Inbox } from './inbox.js'
import type { Posted } from './publisher.js'
import { startServing } from './serving.js'

const comebackMs = 2_000
const pauseMs = 50

export interface RabbitExchanges extends Exchanges {
  /** Removes what others would still send to. */
  leave(): Promise<void>
}

export function createRabbitExchanges(context: Context): RabbitExchanges {
  const { host, link } = context
  const inbox = createInbox(context, (frame) => exchanges.onFrame(frame))
  const exchanges = createExchanges(host, createLanes(context, inbox), { prefix: dialect.prefix })
  link.onCut(() => exchanges.onCut())
  link.onRestore(async () => {
    if (!(await inbox.isForgotten())) return
    exchanges.onDown({ code: 'PAIR_RESET', message: 'RabbitMQ was started anew.' })
  })
  link.onBack(() => exchanges.onBack())
  return Object.assign(exchanges, { leave: () => inbox.remove() })
}

function createLanes(context: Context, inbox: Inbox): Lanes {
  const { names, publisher, settings, link, host } = context
  const { clock } = host
  let backAt = Number.NEGATIVE_INFINITY
  link.onBack(() => {
    backAt = clock.monotonic()
  })
  const check = ({ body }: Frame): void => {
    if (body.byteLength <= settings.maxMessageBytes) return
    const text = `A part of ${body.byteLength} bytes is above maxMessageBytes of rabbitmq(), ${settings.maxMessageBytes}.`
    throw new BusError('TOO_LARGE', text, { outcome: 'rejected' })
  }
  return {
    inbox: inbox.name,
    send(to, frame) {
      check(frame)
      const envelope = { ...writeFrame(frame), exchange: '', routingKey: to, mandatory: true }
      return publisher
        .post({ envelope, body: frame.body, mayRepeat: true })
        .then((posted) => (posted === 'unrouted' ? 'nobody' : undefined))
    },
    async offer(channel, address, frame, signal) {
      check(frame)
      await inbox.ensure()
      const post = (): Promise<Posted> => {
        const envelope = {
          ...{ ...writeFrame(frame), ...expirationOf(frame) },
          exchange: names.routes(channel),
          routingKey: names.routingKey(channel, address),
          mandatory: true,
        }
        // A request that may have been served must not be served twice; who accepts pairs knows a copy by its exchange.
        const mayRepeat = channel.kind === 'pair'
        return publisher.post({ envelope, body: frame.body, mayRepeat, signal })
      }
      while ((await post()) === 'unrouted') {
        // What cut this link has cut those who serve too, and they may need a moment more to be back.
        if (signal.aborted || clock.monotonic() > backAt + comebackMs) return 'nobody'
        await new Promise<void>((resolve) => clock.after(pauseMs, resolve, { keepAlive: true }))
      }
      return 'offered'
    },
    async serve(request, onOpening) {
      try {
        await inbox.ensure()
        return await startServing(context, request, onOpening)
      } catch (error) {
        throw toBusError(error, `Serving "${request.channel.name}"`)
      }
    },
  }
}
