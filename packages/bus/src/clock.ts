/** Where time comes from: the only file of the package that touches the system's clock and timers. */

/** A timer that was set; `cancel()` is idempotent. */
export interface Timer {
  cancel(): void
  /** Says whether the process is to live for it from now on; left out by clocks on which no process depends. */
  hold?(keepAlive: boolean): void
}

/** The source of time a bus, an engine or a hub is given. */
export interface Clock {
  /** Wall time in ms since the epoch; may jump. Only for message timestamps, delays and retention. */
  now(): number
  /** Milliseconds that never go back; for leases, deadlines and heartbeats. */
  monotonic(): number
  /** Calls `fn` once after `delayMs`. A pending timer does not keep the process alive unless `keepAlive`. */
  after(delayMs: number, fn: () => void, options?: { readonly keepAlive?: boolean }): Timer
}

/** The longest delay the platform's timers take, in ms; longer ones are set again when it ends. */
const longestMs = 2_147_483_647

/** The system's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, fn, options) {
    let handle: ReturnType<typeof setTimeout>
    let isHeld = options?.keepAlive === true
    const arm = (leftMs: number): void => {
      handle =
        leftMs > longestMs
          ? setTimeout(() => arm(leftMs - longestMs), longestMs)
          : setTimeout(fn, Math.max(0, leftMs))
      // Browsers return a number; only Node has unref.
      if (!isHeld && typeof handle === 'object') handle.unref()
    }
    arm(delayMs)
    return {
      cancel: () => clearTimeout(handle),
      hold(keepAlive) {
        isHeld = keepAlive
        if (typeof handle === 'object') keepAlive ? handle.ref() : handle.unref()
      },
    }
  },
}

/** The system's randomness, from 0 to 1; not for secrets. */
export const systemRandom = (): number => Math.random()
