/** Whether what was settled is on the broker's disk, which AMQP does not say: a disposition has no answer to wait for. */

import { BusError, type Clock } from 'busbar/transport'
import type { Receiver } from 'rhea'
import { encode } from './encoding.js'
import type { Wire } from './wire.js'

/** A broker without room gives no credit, so it cannot be asked. */
const patienceMs = 3_000

/**
 * Resolves when all that was settled on the session of `receiver` is on the broker's disk; rejects with DISCONNECTED when
 * nobody can say so. Artemis answers a message when what it had to write for its session before is written. This one
 * says not where it goes, so it is refused and leaves nothing behind.
 */
export function written(wire: Wire, { session }: Receiver, clock: Clock): Promise<void> {
  if (!wire.isUp || session.is_closed()) return Promise.reject(unsaid('the session is over'))
  return new Promise((resolve, reject) => {
    const over = (): void => {
      timer.cancel()
      forget()
    }
    const fail = (why: string): void => {
      over()
      reject(unsaid(why))
    }
    const timer = clock.after(patienceMs, () => fail(`no answer in ${patienceMs} ms`), { keepAlive: true })
    const forget = wire.onLost(fail)
    const sender = session.open_sender({ target: {} })
    sender.once('rejected', () => {
      over()
      resolve()
    })
    sender.once('sender_close', () => fail('it ended the link'))
    session.once('session_close', () => fail('it ended the session'))
    sender.send(encode({ body: new Uint8Array(0) }), undefined, 0)
  })
}

function unsaid(why: string): BusError {
  const text = `The broker did not say whether what was settled is on its disk: ${why}.`
  return new BusError('DISCONNECTED', text, { outcome: 'unknown' })
}
