/** What the SDK throws, in the words of the bus. */

import { isBusError } from 'busbar/transport'
import { describe, expect, it } from 'vitest'
import { errorOf, troubleOf } from '../src/errors.js'

const thrown = (name: string, status?: number) =>
  Object.assign(new Error('no.'), { name, $metadata: { httpStatusCode: status } })

describe('errors', () => {
  it.each([
    ['InvalidClientTokenId', 403, 'refused', 'AUTH_FAILED'],
    ['SignatureDoesNotMatch', 403, 'refused', 'AUTH_FAILED'],
    ['CredentialsProviderError', undefined, 'refused', 'AUTH_FAILED'],
    ['AccessDeniedException', 400, 'refused', 'PERMISSION_DENIED'],
    ['AccessDenied', 403, 'refused', 'PERMISSION_DENIED'],
    ['QueueDoesNotExist', 400, 'gone', 'NOT_FOUND'],
    ['AWS.SimpleQueueService.NonExistentQueue', 400, 'gone', 'NOT_FOUND'],
    ['ThrottlingException', 400, 'busy', 'INTERNAL'],
    ['AWS.SimpleQueueService.QueueDeletedRecently', 400, 'busy', 'INTERNAL'],
    ['Unknown', 503, 'busy', 'INTERNAL'],
    ['TimeoutError', undefined, 'away', 'DISCONNECTED'],
    ['Error', undefined, 'away', 'DISCONNECTED'],
    ['InvalidAttributeValue', 400, 'refused', 'INTERNAL'],
  ])('%s with status %s is %s and %s', (name, status, trouble, code) => {
    const error = thrown(name, status)
    expect(troubleOf(error)).toBe(trouble)
    expect(isBusError(errorOf(error, 'sending to q', 'the server'), code as 'INTERNAL')).toBe(true)
  })

  it('the sentence says what was tried and where', () => {
    const error = errorOf(thrown('AccessDenied', 403), 'sending to q', 'Amazon SQS in eu-west-1', 'rejected')
    expect(error.message).toContain('Amazon SQS in eu-west-1 does not allow sending to q: no.')
    expect(error.outcome).toBe('rejected')
  })
})
