/** One reply, from the part that arrived to the value for the caller or the error it stands for. */

import { BusError } from '../errors.js'
import type { MaybePromise, Part } from '../transport.js'
import type { Wire } from '../wire-schema.js'
import { callError, closedByRefusal } from './call-errors.js'
import type { Core } from './core.js'
import type { KnownTopic } from './known-topics.js'
import { type Unpacked, unpack } from './payload.js'
import { isPromise } from './thenable.js'

/**
 * Throws or rejects with REPLY_FAILED with name and data of a declared error; SCHEMA_INVALID, flagged as remote, for a
 * reply of another form. Gives no promise unless a schema does, since most replies need none.
 */
export function readReply(core: Core, known: KnownTopic, part: Part): unknown {
  const { channel, topic } = known
  if (part.failure === undefined) {
    const { output } = topic.wire
    if (output === undefined) throw new BusError('INTERNAL', `"${channel.name}" has no schema for replies.`)
    return read(core, known, part, output)
  }
  const wire = topic.wire.errors.get(part.failure)
  const name = part.failure.slice(0, 100)
  if (wire === undefined) {
    throw callError(
      known,
      { code: 'REMOTE_ERROR', message: `with "${name}", which this contract lacks.` },
      undefined,
    )
  }
  return failed(known, name, read(core, known, part, wire))
}

async function failed({ channel }: KnownTopic, name: string, reading: unknown): Promise<never> {
  const data = await reading
  throw new BusError(
    'REPLY_FAILED',
    `The responder of "${channel.name}" answered with the error "${name}".`,
    {
      details: { topic: channel.name, name, data },
    },
  )
}

function read(core: Core, known: KnownTopic, part: Part, wire: Wire): unknown {
  const unpacked: MaybePromise<Unpacked> = unpack(part.body, wire, core.clock)
  return isPromise(unpacked)
    ? unpacked.then((late) => judge(core, known, late))
    : judge(core, known, unpacked)
}

function judge(core: Core, known: KnownTopic, { value, refusal }: Unpacked): unknown {
  if (refusal === undefined) return value
  core.status.report({
    code: 'SCHEMA_INVALID',
    topic: known.channel.name,
    id: undefined,
    message: `A reply of "${known.channel.name}" was refused: ${refusal.message}`,
  })
  throw callError(known, closedByRefusal('The reply', refusal), undefined)
}
