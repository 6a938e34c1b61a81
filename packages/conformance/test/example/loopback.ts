/** A whole transport in one file: plain events between the buses of one process. */

import {
  BusError,
  type BusErrorCode,
  type Capabilities,
  type Connect,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  type Feature,
  features,
  type Message,
  type Support,
} from 'busbar/transport'

const claimed: readonly Feature[] = ['event', 'event.each', 'event.path', 'event.block']

const capabilities: Capabilities = Object.freeze({
  // The entries were made from the list of all features.
  features: Object.freeze(
    Object.fromEntries(features.map((name) => [name, claimed.includes(name) ? 'native' : 'none'])),
  ) as Readonly<Record<Feature, Support>>,
  limits: Object.freeze({ maxMessageBytes: 1_048_576, maxDelayMs: 0 }),
})

/** Buses that are given the same value meet. */
export function loopback(): Connect {
  const subscribers = new Set<Subscriber>()
  return async () => {
    const mine = new Set<Subscriber>()
    let closed = false
    const check = (signal: AbortSignal): void => {
      if (closed) throw new BusError('CLOSED', 'The loopback was closed.', { outcome: 'rejected' })
      if (signal.aborted) throw new BusError('CANCELLED', 'The caller gave up.', { outcome: 'rejected' })
    }
    const unsupported = () => new BusError('UNSUPPORTED', 'The loopback carries plain events only.')
    return {
      name: 'loopback',
      capabilities,
      async declare(_channel, signal) {
        check(signal)
      },
      async publish({ message }, signal) {
        check(signal)
        if (message.body.size > capabilities.limits.maxMessageBytes) {
          throw new BusError('TOO_LARGE', 'The loopback takes 1 MiB.', { outcome: 'rejected' })
        }
        const takers = [...subscribers].filter(({ pattern }) => matches(pattern, message.address))
        // Several consumers must not see what one of them does to the payload.
        if (takers.length > 1) message.body.retain()
        await Promise.all(takers.map((taker) => taker.offer(message)))
        return { id: message.id, level: 'accepted' }
      },
      async consume(request, deliver, signal) {
        check(signal)
        const subscriber = subscribe(request, deliver, () => {
          subscribers.delete(subscriber)
          mine.delete(subscriber)
        })
        subscribers.add(subscriber)
        mine.add(subscriber)
        return subscriber.consumer
      },
      open(_request, peer) {
        queueMicrotask(() => peer.closed({ code: 'UNSUPPORTED' }))
        return { send: () => Promise.reject(unsupported()), close() {} }
      },
      accept: () => Promise.reject(unsupported()),
      manage: () => Promise.reject(unsupported()),
      async close(signal) {
        closed = true
        const ends = Promise.all([...mine].map(({ consumer }) => consumer.close()))
        const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        if (!signal.aborted) await Promise.race([ends, aborted])
      },
    }
  }
}

interface Subscriber {
  readonly pattern: string
  readonly consumer: Consumer
  /** Waits where the policy is to block. */
  offer(message: Message): Promise<void> | undefined
}

function subscribe(request: ConsumeRequest, deliver: Deliver, gone: () => void): Subscriber {
  const { messages: room, overflow } = request.buffer ?? { messages: 4_096, overflow: 'drop-oldest' }
  const waiting: Message[] = []
  const blocked: (() => void)[] = []
  let running = 0
  let over = false
  let onIdle = (): void => {}
  let tellEnd: (why: BusErrorCode | undefined) => void = () => {}
  const ended = new Promise<BusErrorCode | undefined>((resolve) => {
    tellEnd = resolve
  })
  const end = (why: BusErrorCode | undefined): void => {
    over = true
    waiting.length = 0
    for (const go of blocked.splice(0)) go()
    gone()
    tellEnd(why)
  }
  const drain = (): void => {
    while (running < request.concurrency) {
      const message = waiting.shift()
      if (message === undefined) break
      blocked.shift()?.()
      running += 1
      // Plain events are not settled: the outcome only tells that there is room again.
      void Promise.resolve(deliver({ message, attempt: 1, onLost() {} })).then(() => {
        running -= 1
        if (running === 0) onIdle()
        drain()
      })
    }
  }
  const offer = (message: Message): Promise<void> | undefined => {
    if (over) return undefined
    if (waiting.length >= room) {
      if (overflow === 'block') {
        return new Promise<void>((resolve) => blocked.push(resolve)).then(() => offer(message))
      }
      if (overflow === 'disconnect') {
        end('SLOW_CONSUMER')
        return undefined
      }
      waiting.shift()
      request.onGap({ count: 1 })
    }
    waiting.push(message)
    // A handler never runs in the stack of the one who publishes.
    queueMicrotask(drain)
    return undefined
  }
  const close = async (): Promise<void> => {
    if (!over) end(undefined)
    if (running > 0) {
      await new Promise<void>((resolve) => {
        onIdle = resolve
      })
    }
  }
  return { pattern: request.pattern, consumer: { ended, close }, offer }
}

/** `*` stands for one token, `**` at the end for one or more. */
function matches(pattern: string, address: string): boolean {
  const wanted = pattern.split('.')
  const tokens = address.split('.')
  if (wanted.at(-1) !== '**' && wanted.length !== tokens.length) return false
  return wanted.every((token, at) =>
    token === '**' || token === '*' ? at < tokens.length : token === tokens[at],
  )
}
