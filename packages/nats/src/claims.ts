/** Messages in hand: kept while handlers run, given up when the server could not be told in time. */

import type { Clock, Timer } from 'busbar/transport'
import { type Handed, nak, wordOf } from './handed.js'
import type { Link } from './link.js'

export interface Claims {
  /** From now on its lease is renewed; `lose` is called once if that fails. */
  hold(message: Handed, lose: () => void): void
  /** Tells the server; waits while it is away. */
  say(message: Handed, word: Uint8Array): Promise<void> | undefined
  /** Says nothing about it: it comes again when its lease ends. */
  drop(message: Handed): void
  /** Resolves when the server has taken in all that was said. */
  settled(timeoutMs: number): Promise<void>
  /** Gives back all that is held, as failed tries. */
  giveUp(): void
}

interface Held {
  readonly lose: () => void
  renewedAt: number
}

export function createClaims(link: Link, clock: Clock, leaseMs: number): Claims {
  const held = new Map<Handed, Held>()
  let timer: Timer | undefined
  let last: string | undefined

  const renew = (): void => {
    timer = undefined
    const now = clock.monotonic()
    const nc = link.session?.nc
    const isUp = nc !== undefined && !nc.isClosed()
    for (const [message, one] of [...held]) {
      if (isUp && message.msg.reply !== undefined) {
        nc.publish(message.msg.reply, wordOf('working'))
        one.renewedAt = now
      } else if (now - one.renewedAt >= leaseMs) {
        held.delete(message)
        one.lose()
      }
    }
    if (held.size > 0) timer = clock.after(leaseMs / 3, renew)
  }
  const tell = (message: Handed, word: Uint8Array): void => {
    const { reply } = message.msg
    if (reply === undefined) return
    link.session?.nc.publish(reply, word)
    // Saying it again must change nothing, which is so for the words that end it.
    if (word === wordOf('done') || word === wordOf('term')) last = reply
  }
  return {
    hold(message, lose) {
      held.set(message, { lose, renewedAt: clock.monotonic() })
      timer ??= clock.after(leaseMs / 3, renew)
    },
    say(message, word) {
      const nc = link.session?.nc
      if (nc !== undefined && !nc.isClosed()) {
        held.delete(message)
        tell(message, word)
        return undefined
      }
      return link.ready().then(() => {
        // Its lease ended meanwhile: somebody else may have it.
        if (held.delete(message)) tell(message, word)
      })
    },
    drop: (message) => void held.delete(message),
    async settled(timeoutMs) {
      if (last === undefined) return
      const { nc } = await link.ready()
      // Said again with a reply: the server takes words in their order.
      await nc.request(last, wordOf('done'), { timeout: timeoutMs })
      last = undefined
    },
    giveUp() {
      timer?.cancel()
      const nc = link.session?.nc
      if (nc === undefined || nc.isClosed()) return
      for (const message of held.keys()) tell(message, nak(0))
      held.clear()
    },
  }
}
