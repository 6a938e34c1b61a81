/** PUBLISH: checks a message again, gives it to the engine, and sees to its receipt. */

import { Detacher, readPublish } from '@busbar/protocol'
import type { Channel } from 'busbar/transport'
import type { Kept } from '../resumable.js'
import { type Connection, channelOf, expectKind, type Handle, permit, reportDefect } from './connection.js'
import { checkMessage } from './message-check.js'

export function createPublishing(connection: Connection, kept: Kept): Handle {
  const { engine, limits } = connection.core
  const { answers } = kept
  const detacher = new Detacher()
  const find = (channelId: number): Channel => channelOf(connection, channelId)

  return (body, flags) => {
    const { sequence, request } = readPublish(body, flags, find)
    const { channel, message } = request
    if (sequence <= kept.lastSequence) return answers.again(sequence, channel)
    kept.lastSequence = sequence
    try {
      expectKind(channel, 'publish', 'event', 'queue', 'stream')
      checkMessage(channel, message, limits.maxMessageBytes)
      permit(connection, 'publish', channel.name)
      // Plain events are forwarded soon and may share the chunk they came in; what is kept for long gets its own bytes.
      const isPassing = channel.kind === 'event' && !channel.guarantees.tracked
      const result = engine.publish(isPassing ? request : { ...request, message: detacher.detach(message) })
      if (result instanceof Promise) answers.later(sequence, channel, result)
      else answers.receipt(sequence, result)
    } catch (error) {
      reportDefect(connection, error)
      answers.refused(sequence, error)
    }
  }
}
