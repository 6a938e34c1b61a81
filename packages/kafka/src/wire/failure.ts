/** What an error of the client library means: whether it passes, and which BusError it is. */

import { AuthenticationError, NetworkError, TimeoutError } from '@platformatic/kafka'
import { BusError, type BusErrorCode, isBusError, type SendOutcome } from 'busbar/transport'

/** Error codes of the protocol that mean something here. */
export const codes = {
  offsetOutOfRange: 1,
  unknownTopic: 3,
  tooLarge: 10,
  batchTooLarge: 18,
  unknownMember: 25,
  topicForbidden: 29,
  topicExists: 36,
  outOfOrder: 45,
  unknownProducer: 59,
  duplicateSequence: 46,
  nonEmptyGroup: 68,
  fencedMember: 110,
  staleMember: 113,
  unknownTopicId: 100,
  sessionNotFound: 122,
  invalidSessionEpoch: 123,
} as const

/** A leader or coordinator moves, loads or is slow; the same request may succeed soon. */
const passing = new Set([3, 5, 6, 7, 8, 9, 13, 14, 15, 16, 19, 20, 51, 56, 72, 74, 75, 77, 100, 103])

const meanings: Readonly<Record<number, BusErrorCode>> = {
  3: 'NOT_FOUND',
  10: 'TOO_LARGE',
  17: 'INVALID_TOPIC',
  18: 'TOO_LARGE',
  29: 'PERMISSION_DENIED',
  30: 'PERMISSION_DENIED',
  31: 'PERMISSION_DENIED',
  35: 'UNSUPPORTED',
  53: 'PERMISSION_DENIED',
  56: 'STORE_FAILED',
  58: 'AUTH_FAILED',
}

/** An answer that says no, of a request whose parser does not throw. */
export class Refused extends Error {
  constructor(
    readonly code: number,
    what: string,
  ) {
    super(`${what} was refused with error code ${code}`)
  }
}

/** The protocol's error code inside an error; undefined for those of the network. */
export function codeOf(error: unknown): number | undefined {
  if (error instanceof Refused) return error.code
  if (error instanceof AggregateError) {
    for (const one of error.errors) {
      const code = codeOf(one)
      if (code !== undefined) return code
    }
  }
  if (error instanceof Error) {
    if ('apiCode' in error && typeof error.apiCode === 'number') return error.apiCode
    if (error.cause !== undefined) return codeOf(error.cause)
  }
  return undefined
}

function isNetwork(error: unknown): boolean {
  return (error instanceof NetworkError && !isAuth(error)) || error instanceof TimeoutError
}

export function isAuth(error: unknown): boolean {
  if (error instanceof AuthenticationError || codeOf(error) === 58) return true
  return error instanceof Error && error.cause !== undefined && isAuth(error.cause)
}

export function isPassing(error: unknown): boolean {
  const code = codeOf(error)
  return code === undefined ? isNetwork(error) : passing.has(code)
}

/** One sentence for users; the error itself as the cause. */
export function asBusError(error: unknown, what: string, outcome?: SendOutcome): BusError {
  if (isBusError(error)) return error
  const code = codeOf(error)
  const meaning: BusErrorCode = isAuth(error)
    ? 'AUTH_FAILED'
    : code === undefined
      ? isNetwork(error)
        ? 'DISCONNECTED'
        : 'INTERNAL'
      : (meanings[code] ?? 'INTERNAL')
  return new BusError(meaning, `${what} failed at Kafka: ${reasonOf(error)}.`, {
    cause: error,
    ...(outcome !== undefined && { outcome }),
  })
}

/** The innermost message, which says what happened. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  if (error.cause !== undefined) return reasonOf(error.cause)
  const text = error.message === '' && 'code' in error ? String(error.code) : error.message
  return text.replace(/\.$/, '')
}
