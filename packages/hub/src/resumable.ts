/** Sessions: they outlive a connection for a while, so that resent publishes are recognised and pairs go on. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from 'busbar/transport'
import { Answers } from './session/answers.js'
import { Exchanges } from './session/exchanges.js'

/** What outlives a connection. */
export interface Kept {
  readonly id: string
  readonly principal: string
  /** Of the secret that the client holds; the secret itself is not kept. */
  readonly digest: Uint8Array
  /** Last publish sequence the hub accepted. */
  lastSequence: number
  /** To its publishes, those whose answer is still to come too. */
  readonly answers: Answers
  readonly exchanges: Exchanges
}

export interface Resumable {
  /** A new session and the secret that proves it. */
  create(principal: string): { readonly kept: Kept; readonly secret: string }
  /**
   * The session of a lost connection; undefined when unknown, expired, of another principal or with a wrong secret.
   * A connection that still holds it is dead without the hub knowing, and is ended first.
   */
  resume(id: string, secret: string, principal: string): Kept | undefined
  /** Notes who holds a session and how to end that connection; `end` must call `release`. */
  hold(kept: Kept, end: () => void): void
  /** Keeps the session of a connection that is gone. */
  release(kept: Kept): void
  /** Forgets the session of a connection whose client said that it leaves. */
  forget(kept: Kept): void
  /** Forgets those whose time is over; to be called now and then. */
  sweep(): void
  /** Sessions without a connection. */
  readonly waiting: number
}

const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Keeps at most `maxResumable` sessions for `resumeMs` each; the oldest goes first. */
export function resumableSessions(
  clock: Clock,
  { resumeMs, maxResumable }: { readonly resumeMs: number; readonly maxResumable: number },
): Resumable {
  const held = new Map<string, { readonly kept: Kept; readonly end: () => void }>()
  // In the order of release, so that the oldest come first.
  const waiting = new Map<string, { readonly kept: Kept; readonly until: number }>()
  const forgetOld = (): void => {
    const now = clock.monotonic()
    for (const [id, { kept, until }] of waiting) {
      if (waiting.size <= maxResumable && now < until) return
      waiting.delete(id)
      kept.exchanges.reset()
    }
  }
  return {
    create(principal) {
      const secret = randomBytes(32).toString('base64url')
      const id = randomBytes(12).toString('base64url')
      const digest = digestOf(secret)
      const answers = new Answers()
      const exchanges = new Exchanges()
      return {
        kept: { id, principal, digest, lastSequence: 0, answers, exchanges },
        secret,
      }
    },
    resume(id, secret, principal) {
      forgetOld()
      const holder = held.get(id)
      const kept = holder?.kept ?? waiting.get(id)?.kept
      if (kept === undefined || kept.principal !== principal) return undefined
      if (!timingSafeEqual(kept.digest, digestOf(secret))) return undefined
      holder?.end()
      waiting.delete(id)
      return kept
    },
    hold(kept, end) {
      held.set(kept.id, { kept, end })
    },
    release(kept) {
      held.delete(kept.id)
      waiting.set(kept.id, { kept, until: clock.monotonic() + resumeMs })
      forgetOld()
    },
    forget(kept) {
      held.delete(kept.id)
    },
    sweep: forgetOld,
    get waiting() {
      return waiting.size
    },
  }
}
