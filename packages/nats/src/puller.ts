/** Asks a pull consumer for as many messages as there is room for, and for no more. */

import { createInbox, type Msg, type Subscription } from '@nats-io/transport-node'
import type { Clock, Timer } from 'busbar/transport'
import { type Handed, handed } from './handed.js'
import type { Link, Session } from './link.js'
import { safely } from './safely.js'

export interface PullerOptions {
  readonly stream: string
  readonly consumer: string
  /** How many more could be taken now, without what was asked for already. */
  room(): number
  /** So many places are worth a question of their own while others are open. */
  readonly batch: number
  onMessage(message: Handed): void
  /** The consumer is not there any more. */
  onGone(): void
  readonly maxBytes?: number
}

export interface Puller {
  /** There may be room. */
  look(): void
  /** Asks for nothing more; resolves when what was on its way has come. */
  stop(): Promise<void>
}

const expiresMs = 30_000
const graceMs = 5_000
const status = { badRequest: 400, notFound: 404, timeout: 408, conflict: 409 } as const

export function createPuller(link: Link, clock: Clock, options: PullerOptions): Puller {
  const { stream, consumer, room, batch, maxBytes } = options
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`
  let session: Session | undefined
  let subscription: Subscription | undefined
  let inbox = ''
  let asked = 0
  let isStopped = false
  let isLooking = false
  let lastNews = 0
  let watch: Timer | undefined

  const ask = (): void => {
    isLooking = false
    if (isStopped || session === undefined || session.nc.isClosed()) return
    const free = room() - asked
    if (free < 1 || (asked > 0 && free < batch)) return
    asked += free
    lastNews = clock.monotonic()
    watch ??= clock.after(expiresMs + graceMs, check)
    const request = {
      batch: free,
      expires: expiresMs * 1e6,
      ...(maxBytes !== undefined && { max_bytes: maxBytes }),
    }
    session.nc.publish(subject, JSON.stringify(request), { reply: inbox })
  }
  const look = (): void => {
    if (isLooking) return
    isLooking = true
    // After everything that came in one piece: what became free is asked for at once.
    process.nextTick(ask)
  }
  /** A question that nobody answered was lost with a server, or the consumer is no more. */
  const check = (): void => {
    watch = undefined
    if (isStopped || asked === 0) return
    const leftMs = lastNews + expiresMs + graceMs - clock.monotonic()
    if (leftMs > 0) watch = clock.after(leftMs, check)
    else if (session !== undefined) {
      begin(session)
      options.onGone()
    }
  }
  const onStatus = (msg: Msg): void => {
    const code = msg.headers?.code ?? 0
    const left = msg.headers?.get('Nats-Pending-Messages') ?? ''
    asked = left === '' ? 0 : Math.max(0, asked - Number(left))
    const text = msg.headers?.description.toLowerCase() ?? ''
    if (code === status.conflict && text.includes('deleted')) options.onGone()
    else if (code === status.timeout || code === status.notFound || asked === 0) look()
  }
  const onMessage = (msg: Msg): void => {
    lastNews = clock.monotonic()
    const message = handed(msg)
    if (message === undefined) {
      onStatus(msg)
      return
    }
    asked = Math.max(0, asked - 1)
    options.onMessage(message)
    look()
  }
  /** Each time under another name: what was asked for under the old one must not come here. */
  const begin = (next: Session): void => {
    subscription?.unsubscribe()
    session = next
    asked = 0
    inbox = createInbox()
    subscription = next.nc.subscribe(inbox, { callback: safely(onMessage) })
    look()
  }
  const unuse = link.use({
    up: begin,
    down() {
      session = undefined
      subscription = undefined
      asked = 0
    },
  })
  if (link.session !== undefined) begin(link.session)

  return {
    look,
    async stop() {
      if (isStopped) return
      isStopped = true
      unuse()
      watch?.cancel()
      // The end of the subscription takes the open questions with it.
      await session?.drain(subscription)
    },
  }
}
