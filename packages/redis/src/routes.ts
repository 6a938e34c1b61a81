/** How a batch of publishes of one channel goes to the server, and what its answer says. */

import type { Channel, PublishRequest, Receipt } from 'busbar/transport'
import type { Argument } from './connection.js'
import { writeEnvelope } from './envelope.js'
import { headerText } from './fields.js'
import type { Link } from './link.js'
import { isStraight } from './names.js'
import { batchesInFlight, type Route } from './outbox.js'
import { listIn, numberIn } from './replies.js'
import { append, publishPlain, publishStraight, publishTracked } from './scripts/publishing.js'
import type { Script } from './scripts/script.js'

/** `isDurable`: the server has on disk what it has answered. */
export function routeOf(link: Link, channel: Channel, isDurable: boolean): Route {
  const { kind, guarantees } = channel
  if (kind === 'event' && !guarantees.tracked) return plainRoute(link, channel)
  const level = guarantees.durable && isDurable ? 'durable' : 'accepted'
  const straight = isStraight(channel)
  const ask = async (script: Script, words: readonly Argument[], number: number) => {
    // One seat for each batch that may be under way: a batch that is sent again finds its own answer.
    const seat = `${link.name}:${number % batchesInFlight}`
    return listIn(await link.run(script, channel, [seat, String(number), ...words])).map(numberIn)
  }
  const receiptOf = ({ message: { id } }: PublishRequest, isDuplicate: boolean): Receipt => ({
    id,
    level,
    ...(isDuplicate && { duplicate: true }),
  })
  if (kind === 'stream') {
    return {
      async send(requests, number) {
        const answer = await ask(
          append,
          requests.flatMap((request) => wordsOf(channel, request)),
          number,
        )
        return requests.map((request, at): Receipt => {
          const offset = answer[at * 2 + 1]
          return { ...receiptOf(request, answer[at * 2] === 1), ...(offset !== undefined && { offset }) }
        })
      },
    }
  }
  return {
    async send(requests, number) {
      const isPlain = straight && requests.every(({ delayMs = 0 }) => delayMs <= 0)
      const words = requests.flatMap(
        isPlain
          ? ({ message }) => [message.id, headerText(channel, message), message.body.bytes()]
          : (request) => wordsOf(channel, request),
      )
      const duplicates = new Set(await ask(isPlain ? publishStraight : publishTracked, words, number))
      return requests.map((request, at) => receiptOf(request, duplicates.has(at)))
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
