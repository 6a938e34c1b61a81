/** Frames of exchanges as AMQP messages; foreign callers and responders use the fields that AMQP has for requests. */

import type { Frame } from '@busbar/adapter'
import type { Message as AmqpMessage } from 'rhea'
import { bytesOf, maxTtlMs, type Outgoing, textsOf } from './messages.js'

const mediaHeader = 'content-type'
const exchangeHeader = 'busbar-exchange'
const replyHeader = 'busbar-reply'
const timeoutHeader = 'busbar-timeout'

export function writeFrame({ headers, body }: Frame): Outgoing {
  const { [mediaHeader]: contentType, ...others } = headers
  const exchange = others[exchangeHeader]
  const reply = others[replyHeader]
  return {
    ...(contentType !== undefined && { content_type: contentType }),
    ...(exchange !== undefined && { correlation_id: exchange }),
    ...(reply !== undefined && { reply_to: reply }),
    application_properties: others,
    body,
  }
}

/** An opening that nobody took in time is of no use to anybody. */
export function timeoutOf({ headers }: Frame): { readonly ttl?: number } {
  const ttl = Math.ceil(Number(headers[timeoutHeader] ?? Number.NaN))
  return ttl > 0 ? { ttl: Math.min(ttl, maxTtlMs) } : {}
}

export function readFrame(raw: AmqpMessage): Frame {
  const [contentType, exchange, reply]: unknown[] = [raw.content_type, raw.correlation_id, raw.reply_to]
  return {
    headers: {
      ...(contentType !== undefined && { [mediaHeader]: String(contentType) }),
      ...(exchange !== undefined && { [exchangeHeader]: String(exchange) }),
      ...(reply !== undefined && { [replyHeader]: String(reply) }),
      ...textsOf(raw.application_properties),
    },
    body: bytesOf(raw.body),
  }
}
