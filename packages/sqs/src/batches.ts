/** Single operations joined into requests of up to ten, which is what SQS takes and charges as one. */

import type { BusError } from 'busbar/transport'

export const batchSize = 10

export interface Batches<T> {
  /** Resolves when the server has said yes to this one. */
  add(item: T): Promise<void>
  /** How many wait or are under way. */
  readonly size: number
  /** Resolves when none is. */
  idle(): Promise<void>
}

interface Waiting<T> {
  readonly item: T
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export interface BatchRules<T> {
  /** For each item why it failed; rejects when all did. */
  run(items: readonly T[]): Promise<readonly (BusError | undefined)[]>
  /** Requests under way at a time; with one, items keep their order. */
  readonly parallel: number
  readonly maxBytes?: number
  bytesOf?(item: T): number
}

/** Items of one turn go together; while the requests that are allowed are under way, more collect. */
export function createBatches<T>(rules: BatchRules<T>): Batches<T> {
  const { maxBytes = Number.POSITIVE_INFINITY, bytesOf = () => 0 } = rules
  let waiting: Waiting<T>[] = []
  let next = 0
  let running = 0
  let size = 0
  let isScheduled = false
  const onIdle: (() => void)[] = []

  const cut = (): Waiting<T>[] => {
    const batch: Waiting<T>[] = []
    for (let bytes = 0; batch.length < batchSize; next++) {
      const one = waiting[next]
      if (one === undefined) break
      bytes += bytesOf(one.item)
      if (batch.length > 0 && bytes > maxBytes) break
      batch.push(one)
    }
    if (next === waiting.length || next >= 1_024) {
      waiting = waiting.slice(next)
      next = 0
    }
    return batch
  }
  const finish = (count: number): void => {
    running -= 1
    size -= count
    if (size === 0) for (const tell of onIdle.splice(0)) tell()
    go()
  }
  const send = (batch: readonly Waiting<T>[]): void => {
    running += 1
    rules.run(batch.map(({ item }) => item)).then(
      (failures) => {
        for (const [index, one] of batch.entries()) {
          const failure = failures[index]
          if (failure === undefined) one.resolve()
          else one.reject(failure)
        }
        finish(batch.length)
      },
      (error: unknown) => {
        for (const one of batch) one.reject(error)
        finish(batch.length)
      },
    )
  }
  function go(): void {
    isScheduled = false
    while (running < rules.parallel && next < waiting.length) send(cut())
  }
  return {
    get size() {
      return size
    },
    add(item) {
      size += 1
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        if (isScheduled || running >= rules.parallel) return
        isScheduled = true
        queueMicrotask(go)
      })
    },
    async idle() {
      if (size > 0) await new Promise<void>((resolve) => onIdle.push(resolve))
    },
  }
}
