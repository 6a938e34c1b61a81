/** What the SDK throws, as what the bus says. */

import { BusError, type SendOutcome } from 'busbar/transport'

/**
 * `away`: nobody answered, so nobody knows; `busy`: the server asks to come again; `gone`: the queue does not exist;
 * `refused`: an answer that another try would not change.
 */
export type Trouble = 'away' | 'busy' | 'gone' | 'refused'

const unknownKey = new Set([
  ...['InvalidClientTokenId', 'UnrecognizedClientException', 'SignatureDoesNotMatch', 'InvalidAccessKeyId'],
  ...['InvalidSecurity', 'MissingAuthenticationToken', 'IncompleteSignature', 'AuthFailure'],
  ...['ExpiredToken', 'ExpiredTokenException', 'CredentialsProviderError', 'NotAuthorized'],
])
const forbidden = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'KmsAccessDenied',
])
const busy = new Set([
  ...['ThrottlingException', 'Throttling', 'RequestThrottled', 'RequestThrottledException', 'KmsThrottled'],
  ...['OverLimit', 'QueueDeletedRecently', 'ServiceUnavailable', 'InternalError', 'InternalFailure'],
])
const gone = new Set(['QueueDoesNotExist', 'NonExistentQueue'])

interface Seen {
  readonly name: string
  readonly status: number | undefined
}

/** The server's word for it, without its namespace, and the status of its answer if there was one. */
function seen(error: unknown): Seen {
  if (typeof error !== 'object' || error === null) return { name: '', status: undefined }
  const name = 'name' in error && typeof error.name === 'string' ? error.name : ''
  const metadata = '$metadata' in error ? error.$metadata : undefined
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined
  return {
    name: name.slice(name.lastIndexOf('.') + 1),
    status: typeof status === 'number' ? status : undefined,
  }
}

export function troubleOf(error: unknown): Trouble {
  const { name, status } = seen(error)
  if (gone.has(name)) return 'gone'
  if (unknownKey.has(name) || forbidden.has(name)) return 'refused'
  if (busy.has(name) || status === 429 || (status !== undefined && status >= 500)) return 'busy'
  return status === undefined ? 'away' : 'refused'
}

/** One sentence: what failed, where, and what to do. */
export function errorOf(error: unknown, what: string, place: string, outcome?: SendOutcome): BusError {
  if (error instanceof BusError) return error
  const { name } = seen(error)
  const said = error instanceof Error ? error.message : String(error)
  const options = { cause: error, ...(outcome !== undefined && { outcome }) }
  if (unknownKey.has(name)) {
    const text = `${place} did not accept the credentials (${name}); check the keys given to sqs() or found by the SDK.`
    return new BusError('AUTH_FAILED', text, options)
  }
  if (forbidden.has(name)) {
    return new BusError('PERMISSION_DENIED', `${place} does not allow ${what}: ${said}`, options)
  }
  const trouble = troubleOf(error)
  if (trouble === 'gone')
    return new BusError('NOT_FOUND', `${place}, ${what}: the queue is missing.`, options)
  if (trouble === 'away') {
    return new BusError('DISCONNECTED', `${place} was not reached for ${what}: ${said}`, options)
  }
  return new BusError('INTERNAL', `${place} refused ${what}: ${name} ${said}`, options)
}
