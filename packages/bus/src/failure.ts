/** Tells a declared error of a request from every other error, with the type of its data. */

import { type BusError, isBusError } from './errors.js'
import type { RequestTopic, RequestTypes } from './topic.js'

/** A REPLY_FAILED whose data has the type that the contract declares under this name. */
export interface DeclaredFailure<Name, Data> extends BusError {
  readonly details: { readonly topic: string; readonly name: Name; readonly data: Data }
}

/** True when `error` is the declared error `name` of this topic; `error.details.data` has its type then. */
export function isFailure<T extends RequestTypes, Name extends keyof T['errors'] & string>(
  error: unknown,
  topic: RequestTopic<T>,
  name: Name,
): error is DeclaredFailure<Name, T['errors'][Name]['out']> {
  return (
    isBusError(error, 'REPLY_FAILED') && error.details.topic === topic.name && error.details.name === name
  )
}
