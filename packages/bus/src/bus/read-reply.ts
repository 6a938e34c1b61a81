/** One reply, from the part that arrived to the value for the caller or the error it stands for. */

import { BusError } from '../errors.js'
import type { Part } from '../transport.js'
import type { Wire } from '../wire-schema.js'
import { callError, closedByRefusal } from './call-errors.js'
import type { Core } from './core.js'
import type { KnownTopic } from './known-topics.js'
import { unpack } from './payload.js'

/** REPLY_FAILED with name and data of a declared error; SCHEMA_INVALID, flagged as remote, for a reply of another form. */
export async function readReply(core: Core, known: KnownTopic, part: Part): Promise<unknown> {
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
  const data = await read(core, known, part, wire)
  throw new BusError(
    'REPLY_FAILED',
    `The responder of "${channel.name}" answered with the error "${name}".`,
    {
      details: { topic: channel.name, name, data },
    },
  )
}

async function read(core: Core, known: KnownTopic, part: Part, wire: Wire): Promise<unknown> {
  const { value, refusal } = await unpack(part.body, wire, core.clock)
  if (refusal === undefined) return value
  core.status.report({
    code: 'SCHEMA_INVALID',
    topic: known.channel.name,
    id: undefined,
    message: `A reply of "${known.channel.name}" was refused: ${refusal.message}`,
  })
  throw callError(known, closedByRefusal('The reply', refusal), undefined)
}
