/** Listens to each AbortSignal once, however many operations it stands for: most share the one of their bus. */

/** To be called for every operation that has not ended when its call returns. */
export type WatchSignal = (signal: AbortSignal) => void

/** `onAbort` finds the operations of the signal itself. */
export function createSignalWatch(onAbort: (signal: AbortSignal) => void): WatchSignal {
  const watched = new WeakSet<AbortSignal>()
  let last: AbortSignal | undefined
  return (signal) => {
    if (signal === last) return
    last = signal
    if (watched.has(signal)) return
    watched.add(signal)
    signal.addEventListener('abort', () => onAbort(signal), { once: true })
  }
}

/** Whom to call when a signal aborts. One listener of the signal stands for all: Node warns of a leak from the eleventh on. */
export class AbortCalls {
  private readonly bySignal = new Map<AbortSignal, { readonly calls: Set<() => void>; tell(): void }>()

  /** `call` is made once at most; not at all for a signal that has aborted already. */
  add(signal: AbortSignal | undefined, call: () => void): void {
    if (signal === undefined) return
    const known = this.bySignal.get(signal)
    if (known !== undefined) {
      known.calls.add(call)
      return
    }
    const calls = new Set([call])
    const tell = (): void => {
      this.bySignal.delete(signal)
      for (const one of [...calls]) one()
    }
    this.bySignal.set(signal, { calls, tell })
    signal.addEventListener('abort', tell, { once: true })
  }

  /** To be called for each that was added and has ended: a signal may outlive all that it can end. */
  remove(signal: AbortSignal | undefined, call: () => void): void {
    if (signal === undefined) return
    const known = this.bySignal.get(signal)
    if (!known?.calls.delete(call) || known.calls.size > 0) return
    this.bySignal.delete(signal)
    signal.removeEventListener('abort', known.tell)
  }
}

/** Waits for `promise`, but no longer than the signal allows; rejects with what `why` gives then. */
export type UntilAborted = <T>(promise: Promise<T>, signal: AbortSignal, why: () => unknown) => Promise<T>

export function createUntilAborted(): UntilAborted {
  const calls = new AbortCalls()
  return (promise, signal, why) => {
    if (signal.aborted) {
      // Nobody waits for it any more, so its failure is nobody's.
      promise.catch(() => undefined)
      return Promise.reject(why())
    }
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(why())
      calls.add(signal, abort)
      // In the same microtask, so that waiting under a signal takes no longer than waiting.
      const leaving =
        <V>(settle: (value: V) => void) =>
        (value: V): void => {
          calls.remove(signal, abort)
          settle(value)
        }
      promise.then(leaving(resolve), leaving(reject))
    })
  }
}
