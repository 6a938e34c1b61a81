/** Events from and to programs without Busbar: plain PUB and SUB sockets, three frames each. */

import { HeaderDialect, readMessage, writeHeaders } from '@busbar/adapter'
import { type Channel, createIds, type Host, type Message, type PublishRequest } from 'busbar/transport'
import { Publisher, Subscriber } from 'zeromq'
import type { Settings } from './options.js'

/** Attributes are spelled as in HTTP and NATS. */
const dialect = new HeaderDialect({ prefix: 'ce-' })
/** Messages that may wait for a subscriber that does not read; ZeroMQ drops what is beyond. */
const highWaterMark = 1_000
/** Messages that may wait in this process until the socket takes them; what is beyond is dropped, too. */
const mostWaiting = 10_000

export interface Feed {
  /** Address, headers as JSON, payload. Nobody waits for it. */
  publish(request: PublishRequest): void
  /** Events of foreign programs on this channel are taken from now on. */
  declare(channel: Channel): void
  close(): Promise<void>
}

export async function createFeed(
  host: Host,
  { publishTo, subscribeTo }: Settings,
  onEvent: (request: PublishRequest) => void,
): Promise<Feed> {
  const channels = new Map<string, Channel>()
  const makeId = createIds(host.clock, host.random)
  const out = publishTo === undefined ? undefined : new Publisher({ sendHighWaterMark: highWaterMark })
  if (publishTo !== undefined) await out?.bind(publishTo)
  const incoming = subscribeTo.length === 0 ? undefined : new Subscriber({ linger: 0 })
  for (const place of subscribeTo) incoming?.connect(place)

  let sending: Promise<void> = Promise.resolve()
  let waiting = 0

  const channelOf = (address: string): Channel | undefined => {
    for (let end = address.length; end > 0; end = address.lastIndexOf('.', end - 1)) {
      const channel = channels.get(address.slice(0, end))
      if (channel !== undefined) return channel
    }
    return undefined
  }

  const messageOf = (channel: Channel, address: string, headers: Buffer | undefined, data: Buffer): Message =>
    readMessage(dialect, channel, {
      headers: headersIn(headers),
      ...{ data, address, fallbackId: makeId, fallbackTime: () => host.clock.now() },
    })

  const taking = (async () => {
    if (incoming === undefined) return
    for await (const [first, second, third] of incoming) {
      const address = first?.toString() ?? ''
      const channel = channelOf(address)
      // Two frames are an address and a payload.
      const data = third ?? second
      if (channel === undefined || data === undefined) continue
      onEvent({ channel, message: messageOf(channel, address, third && second, data) })
    }
  })()

  return {
    publish({ channel, message }) {
      if (out === undefined || waiting >= mostWaiting) return
      const headers = JSON.stringify(writeHeaders(dialect, channel, message))
      const frames = [message.address, headers, message.body.bytes()]
      waiting += 1
      // One at a time is all that a socket takes. It never waits for a subscriber: it drops.
      sending = sending
        .then(() => out.send(frames))
        .catch(() => undefined)
        .finally(() => {
          waiting -= 1
        })
    },
    declare(channel) {
      if (incoming === undefined || channels.has(channel.name) || channel.kind !== 'event') return
      channels.set(channel.name, channel)
      incoming.subscribe(channel.name)
    },
    async close() {
      await sending
      out?.close()
      incoming?.close()
      await taking
    },
  }
}

function headersIn(json: Buffer | undefined): Record<string, string> {
  try {
    const value: unknown = json === undefined ? undefined : JSON.parse(json.toString())
    if (typeof value !== 'object' || value === null) return {}
    return Object.fromEntries(Object.entries(value).filter(([, text]) => typeof text === 'string'))
  } catch {
    return {}
  }
}
