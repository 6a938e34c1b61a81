/** Dead letters of a channel: a stream of their own, in which they are listed, put back and discarded. */

import {
  attemptHeader,
  firstFailureHeader,
  foreignId,
  type LetterFacts,
  readFailure,
  readLetter,
  writeFailure,
  writeLetter,
} from '@busbar/adapter'
import type { StoredMsg } from '@nats-io/jetstream'
import { type Answer, type Body, BusError, type Channel, type Failure } from 'busbar/transport'
import { apiError, isMissing } from './errors.js'
import type { Handed } from './handed.js'
import type { Link } from './link.js'
import { toMessage } from './message.js'
import type { Names } from './names.js'
import type { Publisher } from './publisher.js'
import { fromNats, type HeaderRecord, headersOf } from './wire-headers.js'

/** Which durable consumer a letter came from, and where a redriven event is to go. */
export const consumerHeader = 'busbar-consumer'
/** The address of an event that is put back, for those that have no header of their own for it. */
export const addressHeader = 'busbar-address'
const deadAddress = 'busbar-dead-address'
const own = ['busbar-dead-', consumerHeader, addressHeader, attemptHeader]
/** Beyond that a letter keeps the message and leaves out what its failures said. */
const headerRoomBytes = 12_288

export interface Letters {
  bury(message: Handed, facts: LetterFacts, consumer: string): Promise<void>
  /** Keeps the first failure of a message that is tried again. */
  note(place: string, failure: Failure): Promise<void>
  firstFailure(place: string): Promise<Failure | undefined>
  forget(place: string): void
  list(after: string | undefined, limit: number): Promise<Answer<{ op: 'dead.list'; limit: number }>>
  redrive(ids: readonly string[] | undefined, body: Body | undefined): Promise<{ count: number }>
  discard(ids: readonly string[] | undefined): Promise<{ count: number }>
}

export function createLetters(link: Link, names: Names, publisher: Publisher, channel: Channel): Letters {
  const stream = names.deadStream(channel)
  const subject = names.dead(channel)
  const what = `The dead letters of "${channel.name}"`

  const next = async (sequence: number): Promise<StoredMsg | undefined> => {
    const { jsm } = await link.ready()
    try {
      const query = { seq: sequence, next_by_subj: subject }
      return (await jsm.streams.getMessage(stream, query)) ?? undefined
    } catch (error) {
      if (isMissing(error)) return undefined
      throw apiError(what, error)
    }
  }
  async function* all(after = 0): AsyncGenerator<StoredMsg> {
    for (let found = await next(after + 1); found !== undefined; found = await next(found.seq + 1))
      yield found
  }
  const recordOf = (stored: StoredMsg) => {
    const headers = fromNats(stored.header)
    const message = toMessage(channel, {
      headers,
      data: stored.data,
      address: () => headers[deadAddress] ?? channel.name,
      makeId: () => foreignId(`nats/${stream}/${stored.seq}`),
      time: () => stored.time.getTime(),
    })
    return readLetter(headers, message)
  }
  /** True for the one who removed it. */
  const remove = async ({ seq }: StoredMsg): Promise<boolean> => {
    const { jsm } = await link.ready()
    return jsm.streams.deleteMessage(stream, seq, false).catch((error: unknown) => {
      // Gone already: the server has no code of its own for that.
      if (isMissing(error) || String(error).includes('no message found')) return false
      throw apiError(what, error)
    })
  }
  const chosen = async (ids: readonly string[] | undefined): Promise<StoredMsg[]> => {
    const wanted = ids === undefined ? undefined : new Set(ids)
    const found: StoredMsg[] = []
    for await (const stored of all()) {
      if (wanted === undefined || wanted.has(recordOf(stored).message.id)) found.push(stored)
    }
    return found
  }
  const putBack = async (stored: StoredMsg, body: Body | undefined): Promise<boolean> => {
    const headers = fromNats(stored.header)
    const kept = Object.entries(headers).filter(([name]) => !own.some((prefix) => name.startsWith(prefix)))
    const record: Record<string, string> = Object.fromEntries(kept)
    const consumer = headers[consumerHeader]
    const address = headers[deadAddress]
    const isEvent = channel.kind === 'event'
    if (isEvent && consumer !== undefined) record[consumerHeader] = consumer
    if (isEvent && address !== undefined) record[addressHeader] = address
    const target = isEvent ? names.again(channel) : names.subject(address ?? channel.name)
    // Under the same id a second time: whoever redrives at the same moment leaves no second copy.
    const id = `redriven ${stream} ${stored.seq}`
    await publisher.publish(target, id, record, body?.bytes() ?? stored.data)
    return remove(stored)
  }
  const count = async (ids: readonly string[] | undefined, act: (one: StoredMsg) => Promise<boolean>) => {
    let total = 0
    for (const stored of await chosen(ids)) if (await act(stored)) total += 1
    return { count: total }
  }

  return {
    async bury({ msg, sequence }, facts, consumer) {
      const given = headersOf(msg)
      const kept = Object.entries(given).filter(([name]) => !own.some((prefix) => name.startsWith(prefix)))
      const letter = {
        ...Object.fromEntries(kept),
        ...writeLetter(facts),
        [deadAddress]: names.address(msg.subject),
        [consumerHeader]: consumer,
      }
      const size = Object.entries(letter).reduce(
        (sum, [name, value]) => sum + name.length + value.length + 4,
        0,
      )
      const { firstFailure: _, lastFailure: __, ...short } = facts
      const bare = { firstFailure: undefined, lastFailure: undefined }
      const isLong = size > headerRoomBytes && size + msg.data.byteLength > link.maxPayload
      const headers = isLong ? { ...letter, ...cut(letter), ...writeLetter({ ...short, ...bare }) } : letter
      await publisher.publish(subject, `${names.stream(channel)} ${consumer} ${sequence}`, headers, msg.data)
    },
    async note(place, failure) {
      const headers = { [firstFailureHeader]: writeFailure(failure) ?? '' }
      await publisher.publish(names.failed(channel, place), `failed ${place}`, headers, new Uint8Array())
    },
    async firstFailure(place) {
      const { jsm } = await link.ready()
      try {
        const found = await jsm.streams.getMessage(stream, { last_by_subj: names.failed(channel, place) })
        return readFailure(found?.header.get(firstFailureHeader))
      } catch (error) {
        if (isMissing(error)) return undefined
        throw apiError(what, error)
      }
    },
    forget(place) {
      // What stays behind when this fails is small, and meant for nobody.
      const filter = names.failed(channel, place)
      link.session?.jsm.streams.purge(stream, { filter }).catch(() => undefined)
    },
    async list(after, limit) {
      const from = after === undefined ? 0 : Number(after)
      if (!Number.isSafeInteger(from))
        throw new BusError('INVALID_OPTION', `${what}: "after" is none of ours.`)
      const found: StoredMsg[] = []
      for await (const stored of all(from)) {
        found.push(stored)
        if (found.length > limit) break
      }
      const page = found.slice(0, limit)
      return {
        letters: page.map(recordOf),
        next: found.length > limit ? String(page.at(-1)?.seq) : undefined,
      }
    },
    redrive: (ids, body) => {
      if (channel.kind === 'stream') {
        throw new BusError(
          'UNSUPPORTED',
          `"${channel.name}": a record stays in its stream; NATS has no second place for one group.`,
        )
      }
      return count(ids, (stored) => putBack(stored, body))
    },
    discard: (ids) => count(ids, remove),
  }
}

/** The failures, to be left out. */
const cut = (letter: HeaderRecord): Record<string, string> =>
  Object.fromEntries(
    Object.keys(letter)
      .filter((name) => name.endsWith('-failure'))
      .map((name) => [name, '']),
  )
