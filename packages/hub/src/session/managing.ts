/** DECLARE and MANAGE: what a client sets up and asks about channels. */

import {
  type AnyAnswer,
  envelopeBytes,
  type FrameReader,
  lettersThatFit,
  protocolError,
  readDeclare,
  readManage,
  writeAnswer,
  writeOk,
} from '@busbar/protocol'
import { BusError, type Channel, type Command, checkAddress, EncodedBody } from 'busbar/transport'
import type { Core } from '../core.js'
import { limitExceeded } from './admission.js'
import { answering, answeringStored, type Connection, channelOf, permit } from './connection.js'

/** Path tokens of one channel; a longer address would not fit anyway. */
const maxParams = 64
/** Characters of a fingerprint or of the name of a path token; the hub keeps them. */
const maxNameLength = 256

export function declare(connection: Connection, body: FrameReader): void {
  const { request, channelId, channel } = readDeclare(body)
  const { core, channels, outbox } = connection
  answering(connection, request, () => {
    const known = channels.get(channelId)
    if (known !== undefined && known.name !== channel.name) {
      throw protocolError(`Channel number ${channelId} is in use on this connection`)
    }
    permit(connection, 'declare', channel.name)
    checkChannel(channel, core.store !== undefined)
    if (known === undefined && channels.size >= core.limits.maxChannels) {
      throw limitExceeded('maxChannels', core.limits.maxChannels)
    }
    if (!core.channels.has(channel.name) && core.channels.size >= core.limits.maxTopics) {
      throw new BusError('LIMIT_EXCEEDED', `The hub has reached maxTopics (${core.limits.maxTopics}).`, {
        outcome: 'rejected',
        details: { limit: 'maxTopics', value: core.limits.maxTopics },
      })
    }
    core.engine.declare(channel)
    core.channels.note(channel)
    channels.set(channelId, channel)
    writeOk(outbox.frames, request)
    outbox.written()
  })
}

export function manage(connection: Connection, body: FrameReader): void {
  const request = body.u32()
  const channel = channelOf(connection, body.u32())
  const command = owned(readManage(body))
  const { core, outbox } = connection
  answering(connection, request, () => {
    permit(connection, command.op === 'inspect' ? 'inspect' : 'manage', channel.name)
    const answer = answerTo(core, channel, command)
    const tell = (): void => {
      writeAnswer(outbox.frames, request, channel.name, answer)
      outbox.written()
    }
    if (command.op === 'inspect' || command.op === 'dead.list') tell()
    else answeringStored(connection, channel, request, tell)
  })
}

/** A page of dead letters that is too long for a frame is asked for again, for only the engine knows its cursor. */
function answerTo({ engine, limits }: Core, channel: Channel, command: Command): AnyAnswer {
  if (command.op !== 'dead.list') return engine.manage(channel, command)
  const page = engine.manage(channel, command)
  const limit = lettersThatFit(page.letters, limits.maxMessageBytes + envelopeBytes)
  return limit < page.letters.length ? engine.manage(channel, { ...command, limit }) : page
}

/** A redriven body is kept, so it must not share the memory it came in. */
function owned(command: Command): Command {
  if (command.op !== 'dead.redrive' || command.body === undefined) return command
  return { ...command, body: new EncodedBody(command.body.codec, command.body.bytes().slice()) }
}

function checkChannel({ name, params, fingerprint, guarantees }: Channel, hasStore: boolean): void {
  checkAddress(name)
  if (params.length > maxParams)
    throw new BusError('INVALID_TOPIC', `A channel has at most ${maxParams} path tokens.`)
  if ([fingerprint, ...params].some((text) => text.length > maxNameLength)) {
    throw new BusError(
      'CONTRACT_INVALID',
      `The fingerprint or a path token of ${name} is longer than ${maxNameLength} characters.`,
    )
  }
  if (guarantees.leaseMs <= 0 || guarantees.retry.attempts < 1) {
    throw new BusError(
      'CONTRACT_INVALID',
      `The guarantees of ${name} need leaseMs above 0 and retry.attempts of 1 or more.`,
    )
  }
  if (guarantees.dedupeMs === 0) {
    throw new BusError('CONTRACT_INVALID', `The dedupe window of ${name} is 0 ms; leave it out to have none.`)
  }
  if (guarantees.durable && !hasStore) {
    throw new BusError(
      'UNSUPPORTED',
      `${name} is durable and this hub has no store: busbar-hub --data DIR or createHub({ store: { dir } }) gives it one.`,
      { outcome: 'rejected', details: { topic: name, feature: 'durable' } },
    )
  }
}
