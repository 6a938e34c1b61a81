/** How a batch of publishes of one channel goes to the server, and what its answer says. */

import type { Channel, PublishRequest, Receipt } from 'busbar/transport'
import { writeEnvelope } from './envelope.js'
import { headerText } from './fields.js'
import type { Link } from './link.js'
import { batchesInFlight, type Route } from './outbox.js'
import { listIn, numberIn } from './replies.js'
import { append, publishPlain, publishTracked } from './scripts/publishing.js'

/** `isDurable`: the server has on disk what it has answered. */
export function routeOf(link: Link, channel: Channel, isDurable: boolean): Route {
  const { kind, guarantees } = channel
  if (kind === 'event' && !guarantees.tracked) return plainRoute(link, channel)
  const level = guarantees.durable && isDurable ? 'durable' : 'accepted'
  const script = kind === 'stream' ? append : publishTracked
  return {
    async send(requests, number) {
      // One seat for each batch that may be under way: a batch that is sent again finds its own answer.
      const seat = `${link.name}:${number % batchesInFlight}`
      const args = [seat, String(number), ...requests.flatMap((request) => wordsOf(channel, request))]
      const answer = listIn(await link.run(script, channel, args)).map(numberIn)
      return requests.map(({ message: { id } }, at): Receipt => {
        const isRecord = kind === 'stream'
        const isDuplicate = answer[isRecord ? at * 2 : at] === 1
        const offset = isRecord ? answer[at * 2 + 1] : undefined
        return {
          id,
          level,
          ...(offset !== undefined && { offset }),
          ...(isDuplicate && { duplicate: true }),
        }
      })
    },
  }
}

function wordsOf(channel: Channel, { message, delayMs = 0, priority = 0 }: PublishRequest) {
  return [
    ...[message.id, message.key ?? '', message.address],
    ...[String(Math.ceil(delayMs)), String(priority), headerText(channel, message)],
    message.body.bytes(),
  ]
}

/** Nobody may get a plain event twice, so it is sent once. */
function plainRoute(link: Link, channel: Channel): Route {
  return {
    async send(requests) {
      const args = requests.flatMap(({ message }) => [message.address, writeEnvelope(channel, message)])
      await link.runOnce(publishPlain, channel, args)
      return requests.map(({ message }): Receipt => ({ id: message.id, level: 'accepted' }))
    },
  }
}
