/** Frames of exchanges as AMQP 0-9-1 carries them; foreign callers use the fields that AMQP has for requests. */

import type { Frame } from '@busbar/adapter'
import type { AsyncMessage } from 'rabbitmq-client'
import { headersOf, isShort, payloadOf } from './envelope.js'
import type { Sending } from './publish-frames.js'

const mediaHeader = 'content-type'
const exchangeHeader = 'busbar-exchange'
const replyHeader = 'busbar-reply'
const timeoutHeader = 'busbar-timeout'

export function writeFrame(frame: Frame): Sending {
  const { [mediaHeader]: contentType, ...headers } = frame.headers
  const exchange = headers[exchangeHeader]
  const reply = headers[replyHeader]
  return {
    headers,
    // With an encoding the client, like many, leaves the bytes alone.
    ...(contentType !== undefined && { contentType, contentEncoding: 'utf-8' }),
    ...(exchange !== undefined && isShort(exchange) && { correlationId: exchange }),
    ...(reply !== undefined && isShort(reply) && { replyTo: reply }),
  }
}

/** An opening that nobody took in time is of no use to anybody. */
export function expirationOf(frame: Frame): { expiration?: string } {
  const timeout = frame.headers[timeoutHeader]
  return timeout === undefined ? {} : { expiration: timeout }
}

export function readFrame(arrived: AsyncMessage): Frame {
  const { contentType, correlationId, replyTo } = arrived
  return {
    headers: {
      ...(contentType !== undefined && { [mediaHeader]: contentType }),
      ...(correlationId !== undefined && { [exchangeHeader]: correlationId }),
      ...(replyTo !== undefined && { [replyHeader]: replyTo }),
      ...headersOf(arrived),
    },
    body: payloadOf(arrived),
  }
}
