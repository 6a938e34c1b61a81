/** Tells a promise from a value, so that synchronous handlers and transports cost no promise. */

/** True for anything with a `then` method. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** Narrows a MaybePromise. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return isThenable(value)
}
