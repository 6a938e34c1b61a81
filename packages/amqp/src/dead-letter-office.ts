/** Dead letters: a queue of their own beside each channel, written with the broker's word, listed by browsing it. */

import { type LetterFacts, readLetter, writeLetter } from '@busbar/adapter'
import {
  type Channel,
  type Command,
  type DeadLetterRecord,
  EncodedBody,
  type Host,
  type Message,
} from 'busbar/transport'
import rhea, { type EventContext, type Receiver } from 'rhea'
import type { Line } from './line.js'
import { fromAmqp, toAmqp } from './messages.js'
import { addressOf, deadAddressOf, qualified, quoted } from './names.js'
import type { Settings } from './options.js'
import type { Publishers } from './publishers.js'
import type { Wire } from './wire.js'
import { written } from './written.js'

/** For selectors, which cannot name the other header with the id. */
const idProperty = 'busbar_id'
/** The queue of the group that a letter goes back to. */
const originProperty = 'busbar_queue'
/** The origin of letters of a consumer without a group, whose queue went with it. */
export const nowhere = ''
const pageCredit = 256

export interface DeadLetterOffice {
  /** Resolves when the broker has the letter. `queue` is where the message was. */
  bury(channel: Channel, queue: string, message: Message, facts: LetterFacts): Promise<void>
  list(channel: Channel, limit: number, after: string | undefined, signal: AbortSignal): Promise<Page>
  redrive(channel: Channel, command: Redrive, signal: AbortSignal): Promise<number>
  discard(channel: Channel, ids: readonly string[] | undefined, signal: AbortSignal): Promise<number>
}

interface Page {
  readonly letters: readonly DeadLetterRecord[]
  readonly next: string | undefined
}
type Redrive = Extract<Command, { op: 'dead.redrive' }>
type Arrival = Required<Pick<EventContext, 'message' | 'delivery'>>

export function createDeadLetterOffice(
  host: Host,
  line: Line,
  settings: Settings,
  publishers: Publishers,
): DeadLetterOffice {
  /** Takes every letter of the ids, or all there are, once each; counts those that `handle` was done with. */
  async function take(
    channel: Channel,
    ids: readonly string[] | undefined,
    signal: AbortSignal,
    handle: (arrival: Arrival) => Promise<boolean>,
  ): Promise<number> {
    const address = deadAddressOf(settings, channel)
    const selectors =
      ids === undefined
        ? [undefined]
        : chunks(ids).map((some) => `${idProperty} IN (${some.map(quoted).join(',')})`)
    const seen = new Set<unknown>()
    let count = 0
    for (const selector of selectors) {
      const wire = await line.ready('A command to dead letters', signal)
      const filter = selector === undefined ? {} : { filter: rhea.filter.selector(selector) }
      const receiver = await wire.openReceiver(
        { source: { address, ...filter }, credit_window: 0, autoaccept: false },
        `Reading "${address}"`,
      )
      try {
        for (let isMore = true; isMore && !signal.aborted; ) {
          const arrivals = await drain(wire, receiver, pageCredit)
          // What was put back may have died again meanwhile: it is left where it is.
          const fresh = arrivals.filter(({ message, delivery }) => {
            const id: unknown = message.application_properties?.[idProperty] ?? message.message_id
            const isNew = !seen.has(id)
            if (isNew) seen.add(id)
            else delivery.release()
            return isNew
          })
          count += (await Promise.all(fresh.map(handle))).filter((isDone) => isDone).length
          isMore = arrivals.length === pageCredit && fresh.length > 0
        }
        if (channel.guarantees.durable) await written(wire, receiver, host.clock)
      } finally {
        await wire.closeLink(receiver)
      }
    }
    return count
  }

  return {
    bury(channel, queue, message, facts) {
      const extra = { ...writeLetter(facts), [idProperty]: message.id, [originProperty]: queue }
      const letter = toAmqp(channel, message, { now: host.clock.now(), extra })
      // A letter neither grows old nor waits behind others.
      const { ttl: _, absolute_expiry_time: __, priority: ___, group_id: ____, ...kept } = letter
      return publishers.postMarked(deadAddressOf(settings, channel), kept, message.body.size, undefined)
    },

    async list(channel, limit, after, signal) {
      const address = deadAddressOf(settings, channel)
      const wire = await line.ready('Listing dead letters', signal)
      const receiver = await wire.openReceiver(
        { source: { address, distribution_mode: 'copy' }, credit_window: 0, autoaccept: true },
        `Reading "${address}"`,
      )
      const letters: DeadLetterRecord[] = []
      let isPast = after === undefined
      try {
        for (let count = pageCredit; count === pageCredit && letters.length <= limit; ) {
          const arrivals = await drain(wire, receiver, pageCredit)
          count = arrivals.length
          for (const { message: raw } of arrivals) {
            const { message, headers } = fromAmqp(channel, raw, () => host.clock.now())
            if (isPast) letters.push(readLetter(headers, message))
            else isPast = message.id === after
          }
        }
      } finally {
        await wire.closeLink(receiver)
      }
      const page = letters.slice(0, limit)
      return { letters: page, next: letters.length > limit ? page.at(-1)?.message.id : undefined }
    },

    redrive: (channel, { ids, body }, signal) =>
      take(channel, ids, signal, async ({ message: raw, delivery }) => {
        const { message } = fromAmqp(channel, raw, () => host.clock.now())
        const data = body === undefined ? message.body : new EncodedBody(body.codec, body.bytes())
        const address = addressOf(settings, channel)
        const queue = String(raw.application_properties?.[originProperty] ?? address)
        if (queue === nowhere) {
          delivery.release()
          return false
        }
        // Its time runs anew, as its attempts do.
        const again = toAmqp(channel, { ...message, body: data }, { now: message.time })
        await publishers.postMarked(
          queue === address ? address : qualified(address, queue),
          again,
          data.size,
          signal,
        )
        delivery.accept()
        return true
      }),

    discard: (channel, ids, signal) =>
      take(channel, ids, signal, async ({ delivery }) => {
        delivery.accept()
        return true
      }),
  }
}

/** All that the broker has for this link now, at most `credit`. */
function drain(wire: Wire, receiver: Receiver, credit: number): Promise<Arrival[]> {
  const arrivals: Arrival[] = []
  return new Promise((resolve) => {
    const take = ({ message, delivery }: EventContext): void => {
      if (message === undefined || delivery === undefined) return
      arrivals.push({ message, delivery })
      if (arrivals.length === credit) end()
    }
    const end = (): void => {
      forget()
      receiver.removeListener('message', take)
      receiver.removeListener('receiver_drained', end)
      resolve(arrivals)
    }
    const forget = wire.onLost(end)
    receiver.on('message', take)
    receiver.on('receiver_drained', end)
    receiver.drain = true
    receiver.add_credit(credit)
  })
}

const chunkSize = 100
function chunks(ids: readonly string[]): readonly (readonly string[])[] {
  const all: string[][] = []
  for (let at = 0; at < ids.length; at += chunkSize) all.push(ids.slice(at, at + chunkSize))
  return all
}
