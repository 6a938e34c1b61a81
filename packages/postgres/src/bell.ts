/** Wakes one waiter; a ring while nobody waits is not lost. */

import type { Clock } from 'busbar/transport'

export class Bell {
  #isRung = false
  #wake: (() => void) | undefined

  constructor(private readonly clock: Clock) {}

  ring(): void {
    this.#isRung = true
    this.#wake?.()
  }

  /** Resolves at a ring, also one since the last wait, or after `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        const timer = this.clock.after(ms, resolve, { keepAlive: true })
        this.#wake = () => {
          timer.cancel()
          resolve()
        }
      })
      this.#wake = undefined
    }
    this.#isRung = false
  }
}
