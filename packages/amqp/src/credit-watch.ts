/** Notices a broker that takes nothing: a full disk or a full address shows as credit that does not come. */

import type { Clock, Timer } from 'busbar/transport'

/** A busy broker may leave a publisher without credit for a moment. */
const patienceMs = 3_000

/** To be told at each change whether messages wait for credit; says so when they have for a while, and when no more. */
export function createCreditWatch(clock: Clock, onChange: (isStarved: boolean) => void) {
  let timer: Timer | undefined
  let isTold = false
  const tell = (): void => {
    isTold = true
    onChange(true)
  }
  return (isWaiting: boolean): void => {
    if (isWaiting) {
      timer ??= clock.after(patienceMs, tell)
      return
    }
    timer?.cancel()
    timer = undefined
    if (!isTold) return
    isTold = false
    onChange(false)
  }
}
