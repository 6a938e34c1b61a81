/** Calls what a user gave to be told something: it only listens, so nothing it throws gets into the bus. */

import { isThenable } from './thenable.js'

/** Whatever `call` throws, or its promise rejects with, goes to `failed`. */
export function tell(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = call()
    // An async listener that nobody waits for must not end the process.
    if (isThenable(result)) result.then(undefined, failed)
  } catch (error) {
    failed(error)
  }
}
