/** Things that come one after another, and waiting for the next of them. */

import { deadlineOf, within } from '../within.js'

export interface Mailbox<T> {
  /** Everything that came, in order, taken or not. */
  readonly all: readonly T[]
  put(item: T): void
  /** The first that was not taken yet; rejects after `limitMs`, by default as every wait of a case. */
  next(what: string, limitMs?: number): Promise<T>
  /** The next `count`. */
  take(count: number, what: string, limitMs?: number): Promise<T[]>
}

export function mailbox<T>(): Mailbox<T> {
  const all: T[] = []
  let taken = 0
  let wake: () => void = () => {}
  const take = async (count: number, what: string, limitMs = deadlineOf(count)): Promise<T[]> => {
    const begin = taken
    taken += count
    const full = async (): Promise<void> => {
      while (all.length < begin + count) {
        await new Promise<void>((resolve) => {
          const earlier = wake
          wake = () => {
            earlier()
            resolve()
          }
        })
      }
    }
    await within(full(), `${what}, ${count} expected`, limitMs).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${Math.max(0, all.length - begin)} came`, { cause: error })
    })
    return all.slice(begin, begin + count)
  }
  return {
    all,
    put(item) {
      all.push(item)
      const sleepers = wake
      wake = () => {}
      sleepers()
    },
    async next(what, limitMs) {
      const [item] = await take(1, what, limitMs)
      return item as T // take() gave one or threw; T itself may include undefined.
    },
    take,
  }
}
