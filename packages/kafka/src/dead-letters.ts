/** Dead letters of a channel: the records of its compacted topic that were not removed since. */

import { attemptHeader, readLetter } from '@busbar/adapter'
import type { Answer, Channel, Command, DeadLetterRecord } from 'busbar/transport'
import { batchBytesOf, type KafkaLink } from './link.js'
import { type Fetched, messageOf, payloadOf } from './records.js'
import { letterKey } from './settle.js'
import { startOf } from './wire/offsets.js'
import { readToEnd } from './wire/read-to-end.js'

type LettersAnswer = Answer<{ op: 'dead.list'; limit: number }> | Answer<{ op: 'dead.discard' }>
export type DeadCommand = Exclude<Command, { op: 'inspect' } | { op: 'purge' }>

interface Letter {
  readonly record: Fetched
  readonly letter: DeadLetterRecord
}

/** The header of letters that a message does not keep when it goes back. */
const letterPrefix = 'busbar-dead-'

async function lettersOf(link: KafkaLink, channel: Channel): Promise<Letter[]> {
  const { host, cluster, names } = link
  const topic = names.dead(channel.name)
  const records = new Map<string, Fetched>()
  await readToEnd(host, cluster, topic, await startOf(cluster, topic, 0), (record) => {
    const key = record.key?.toString() ?? `${record.offset}`
    records.delete(key)
    if (record.value !== null) records.set(key, record)
  })
  return [...records.values()].map((record) => {
    const { key: _, ...rest } = record
    const message = messageOf(channel, { ...rest, key: null })
    return { record, letter: readLetter(record.headers, message) }
  })
}

/** A letter is gone when a record without a value follows it. */
async function remove(link: KafkaLink, channel: Channel, { letter, record }: Letter): Promise<void> {
  const key = record.key ?? letterKey(letter.message.id, letter.group)
  await link.producer.send(link.names.dead(channel.name), { key, value: null, headers: {} })
}

async function redrive(
  link: KafkaLink,
  channel: Channel,
  one: Letter,
  body: DeadLetterRecord['message']['body'] | undefined,
): Promise<void> {
  const { message, group } = one.letter
  const headers = Object.fromEntries(
    Object.entries(message.headers).filter(([name]) => !name.startsWith(letterPrefix)),
  )
  const fresh = { ...message, headers, ...(body !== undefined && { body }) }
  const isOrdered = channel.guarantees.ordered || channel.kind === 'stream'
  // What is consumed in order has no topic of its own for one group.
  const topic = isOrdered ? link.names.topic(channel.name) : link.names.again(channel.name, group)
  await link.producer.send(topic, payloadOf(channel, fresh, { [attemptHeader]: '0' }), {
    batchBytes: batchBytesOf(channel),
  })
  await remove(link, channel, one)
}

export async function manageLetters(
  link: KafkaLink,
  channel: Channel,
  command: DeadCommand,
): Promise<LettersAnswer> {
  const all = await lettersOf(link, channel)
  if (command.op === 'dead.list') {
    const from = command.after === undefined ? -1 : Number(command.after)
    const rest = all.filter(({ record }) => record.offset > from)
    const page = rest.slice(0, command.limit)
    const next = rest.length > page.length ? page.at(-1)?.record.offset.toString() : undefined
    return { letters: page.map(({ letter }) => letter), next }
  }
  const { ids } = command
  const chosen = ids === undefined ? all : all.filter(({ letter }) => ids.includes(letter.message.id))
  for (const one of chosen) {
    if (command.op === 'dead.redrive') await redrive(link, channel, one, command.body)
    else await remove(link, channel, one)
  }
  return { count: chosen.length }
}
