/** One message of a key at a time: the others wait in this process until it is done. */

export interface KeyLanes {
  /** Runs `start` when all before it under the key are done; at once if there are none. */
  enter(key: string, start: () => void): void
  /** The one that runs under the key is done. */
  leave(key: string): void
  /** Forgets those that wait. */
  clear(): void
}

export function createKeyLanes(): KeyLanes {
  /** A key is here while one of it runs. */
  const lanes = new Map<string, (() => void)[]>()
  return {
    enter(key, start) {
      const lane = lanes.get(key)
      if (lane !== undefined) {
        lane.push(start)
        return
      }
      lanes.set(key, [])
      start()
    },
    leave(key) {
      const next = lanes.get(key)?.shift()
      if (next === undefined) lanes.delete(key)
      else next()
    },
    clear: () => lanes.clear(),
  }
}
