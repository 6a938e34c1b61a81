/** Publishes into streams: pipelined, each confirmed, sent again in order on the next connection under the same id. */

import { createInbox, type Msg } from '@nats-io/transport-node'
import { BusError, type Clock, type Timer } from 'busbar/transport'
import { away, closed, queueFull, sendError, serverError } from './errors.js'
import { HeaderWriter } from './header-block.js'
import type { Link, Session } from './link.js'
import { type Payload, Publication } from './publication.js'
import { safely } from './safely.js'

/** What the server says about a publish; `seq` counts from 1. */
export interface PubAck {
  readonly seq: number
  readonly isDuplicate: boolean
}

export interface Publisher {
  /** Resolves when the stream has it; the server drops an `id` that it has already within its window. Takes the headers over. */
  publish(subject: string, id: string, headers: Record<string, string>, data: Payload): Promise<PubAck>
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  /** What is under way fails with CLOSED, outcome unknown. */
  close(): void
}

interface Pending {
  readonly publication: Publication
  /** When it was written to a connection last. */
  sentAt: number
  /** Since when nobody takes it. */
  refusedAt: number | undefined
  sends: number
  resolve(ack: PubAck): void
  reject(error: BusError): void
}

interface Limits {
  readonly maxWaiting: number
  readonly answerTimeoutMs: number
}

/** While a server starts, its streams come a moment after it. */
const retryMs = 100

export function createPublisher(link: Link, clock: Clock, limits: Limits): Publisher {
  const inbox = createInbox()
  const writer = new HeaderWriter()
  /** In the order of publishing, which is that of the tokens. */
  const pending = new Map<string, Pending>()
  let lastToken = 0
  let isUp = false
  let isClosed = false
  let retry: Timer | undefined
  let watch: Timer | undefined
  const sleepers: (() => void)[] = []

  const settle = (token: string): Pending | undefined => {
    const found = pending.get(token)
    if (found === undefined) return undefined
    pending.delete(token)
    if (pending.size === 0) for (const wake of sleepers.splice(0)) wake()
    return found
  }
  const send = ({ nc }: Session, token: string, one: Pending): void => {
    one.sends += 1
    one.sentAt = clock.monotonic()
    try {
      one.publication.send(nc)
    } catch (cause) {
      if (nc.isClosed()) return
      settle(token)?.reject(sendError(cause))
    }
  }
  const sendAll = (): void => {
    const { session } = link
    if (session === undefined || !isUp) return
    for (const [token, one] of [...pending]) send(session, token, one)
  }
  /** Nobody took it: no stream has this subject, or not yet. */
  const refused = (token: string, one: Pending): void => {
    const now = clock.monotonic()
    one.refusedAt ??= now
    if (now - one.refusedAt < limits.answerTimeoutMs) {
      retry ??= clock.after(retryMs, () => {
        retry = undefined
        sendAll()
      })
      return
    }
    settle(token)?.reject(
      new BusError('NOT_FOUND', `No stream takes ${one.publication.subject}.`, { outcome: 'rejected' }),
    )
  }
  const onAck = (msg: Msg): void => {
    const token = msg.subject.slice(inbox.length + 1)
    const one = pending.get(token)
    if (one === undefined) return
    if (msg.headers?.code === 503) {
      refused(token, one)
      return
    }
    const ack: Ack = msg.json()
    if (ack.error !== undefined) {
      settle(token)?.reject(
        serverError(`A message for ${one.publication.subject}`, ack.error, { outcome: 'rejected' }),
      )
      return
    }
    settle(token)
    // Of what was sent more than once nobody can say whose copy it was.
    one.resolve({ seq: ack.seq ?? 0, isDuplicate: ack.duplicate === true && one.sends === 1 })
  }
  /** Looks at the oldest: those after it are younger. */
  const check = (): void => {
    watch = undefined
    const now = clock.monotonic()
    for (const [token, one] of pending) {
      if (!isUp || now - one.sentAt < limits.answerTimeoutMs * 2) break
      settle(token)?.reject(
        new BusError('TIMEOUT', `The stream of ${one.publication.subject} did not confirm in time.`, {
          outcome: 'unknown',
        }),
      )
    }
    if (pending.size > 0) watch = clock.after(limits.answerTimeoutMs, check)
  }
  const listen = (nc: Session['nc']): void => {
    nc.subscribe(`${inbox}.*`, { callback: safely(onAck) })
    for (const one of pending.values()) one.refusedAt = undefined
    isUp = true
  }
  const unuse = link.use({
    up({ nc }) {
      listen(nc)
      sendAll()
    },
    down() {
      isUp = false
    },
    denied(subject, cause) {
      for (const [token, one] of [...pending]) {
        if (one.publication.subject !== subject) continue
        settle(token)?.reject(
          new BusError('PERMISSION_DENIED', `NATS does not let this user publish to ${subject}.`, {
            outcome: 'rejected',
            cause,
          }),
        )
      }
    },
  })
  if (link.session !== undefined) {
    listen(link.session.nc)
  }

  return {
    publish(subject, id, headers, data) {
      if (isClosed) return Promise.reject(closed())
      if (pending.size >= limits.maxWaiting) {
        return Promise.reject(queueFull(limits.maxWaiting))
      }
      headers['Nats-Msg-Id'] = id
      return new Promise((resolve, reject) => {
        lastToken += 1
        const token = lastToken.toString(36)
        const one: Pending = {
          publication: new Publication(writer, subject, headers, data, `${inbox}.${token}`),
          sentAt: clock.monotonic(),
          refusedAt: undefined,
          sends: 0,
          resolve,
          reject,
        }
        pending.set(token, one)
        watch ??= clock.after(limits.answerTimeoutMs, check)
        if (isUp && link.session !== undefined) send(link.session, token, one)
      })
    },
    async idle() {
      while (pending.size > 0) await new Promise<void>((resolve) => sleepers.push(resolve))
    },
    close() {
      isClosed = true
      unuse()
      retry?.cancel()
      watch?.cancel()
      for (const [token, one] of [...pending]) {
        settle(token)
        one.reject(one.sends === 0 ? closed() : away('unknown'))
      }
    },
  }
}

interface Ack {
  readonly seq?: number
  readonly duplicate?: boolean
  readonly error?: { readonly err_code?: number; readonly code?: number; readonly description?: string }
}
