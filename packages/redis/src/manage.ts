/** Counts, dead letters and purge of a channel. */

import { mediaTypeOf, readLetter } from '@busbar/adapter'
import type { Answer, Body, Channel, ChannelState, Command, DeadLetterRecord } from 'busbar/transport'
import { fieldsOf, messageOf } from './fields.js'
import type { Link } from './link.js'
import { listIn, numberIn, pairsIn, textIn } from './replies.js'
import { discard, inspect, purge, redrive } from './scripts/managing.js'

type AnyAnswer =
  | Answer<{ op: 'inspect' }>
  | Answer<{ op: 'dead.list'; limit: number }>
  | Answer<{ op: 'purge' }>

/** Letters that are looked at in one call. */
const pageSize = 200

export async function manage<C extends Command>(
  link: Link,
  channel: Channel,
  command: C,
): Promise<Answer<C>> {
  // The answer's type depends on the command's `op`, which the compiler cannot follow through a switch.
  return (await answer(link, channel, command)) as Answer<C>
}

async function answer(link: Link, channel: Channel, command: Command): Promise<AnyAnswer> {
  switch (command.op) {
    case 'inspect':
      return stateOf(await link.run(inspect, channel, []))
    case 'purge':
      return { count: numberIn(await link.run(purge, channel, [])) }
    case 'dead.list':
      return list(link, channel, command.after, command.limit)
    case 'dead.redrive':
      return { count: await redriven(link, channel, command.ids, command.body) }
    case 'dead.discard':
      return {
        count: await each(link, channel, command.ids, (places) => link.run(discard, channel, places)),
      }
  }
}

function stateOf(reply: Awaited<ReturnType<Link['run']>>): ChannelState {
  const [pairs, mismatches] = listIn(reply)
  const counts = pairsIn(pairs)
  const get = (name: string): number => numberIn(counts.get(name))
  return {
    ...{ received: get('received'), ready: get('ready'), delayed: get('delayed'), leased: get('leased') },
    ...{ done: get('done'), dropped: get('dropped'), dead: get('dead'), expired: get('expired') },
    ...{ purged: get('purged'), redriven: get('redriven'), consumers: get('consumers') },
    mismatches: listIn(mismatches).map(textIn),
    ...(counts.has('next') && { first: get('first'), next: get('next') }),
  }
}

interface Letter {
  /** Its id in the stream of letters. */
  readonly place: string
  readonly record: DeadLetterRecord
}

async function lettersAfter(
  link: Link,
  channel: Channel,
  after: string | undefined,
  limit: number,
): Promise<readonly Letter[]> {
  const from = after === undefined ? '-' : `(${after}`
  const args = ['XRANGE', `${link.base(channel)}:dead`, from, '+', 'COUNT', String(limit)]
  return listIn(await link.connection.command(args)).map((entry) => {
    const [name, flat] = listIn(entry)
    const place = textIn(name)
    const fields = fieldsOf(flat)
    return { place, record: readLetter(fields.headers, messageOf(channel, place, fields)) }
  })
}

async function list(link: Link, channel: Channel, after: string | undefined, limit: number) {
  const found = await lettersAfter(link, channel, after, limit + 1)
  const page = found.slice(0, limit)
  return {
    letters: page.map(({ record }) => record),
    next: found.length > limit ? page.at(-1)?.place : undefined,
  }
}

async function redriven(
  link: Link,
  channel: Channel,
  ids: readonly string[] | undefined,
  body: Body | undefined,
): Promise<number> {
  const mended = body === undefined ? ['', ''] : [body.bytes(), mediaTypeOf(body.codec)]
  return each(link, channel, ids, (places) => link.run(redrive, channel, [...mended, ...places]))
}

/** Calls `act` with the places of the letters, of those with one of the ids if there are some; gives how many it did. */
async function each(
  link: Link,
  channel: Channel,
  ids: readonly string[] | undefined,
  act: (places: readonly string[]) => ReturnType<Link['run']>,
): Promise<number> {
  const wanted = ids === undefined ? undefined : new Set(ids)
  let count = 0
  let after: string | undefined
  for (;;) {
    const letters = await lettersAfter(link, channel, after, pageSize)
    const places = letters
      .filter(({ record }) => wanted === undefined || wanted.has(record.message.id))
      .map(({ place }) => place)
    if (places.length > 0) count += numberIn(await act(places))
    after = letters.at(-1)?.place
    if (letters.length < pageSize) return count
  }
}
