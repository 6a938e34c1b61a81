/** PUBLISH: checks a message again, gives it to the engine, and sees to its receipt. */

import { detach, readPublish, type WireError, wireErrorOf } from '@busbar/protocol'
import type { Channel, MaybePromise, Receipt } from 'busbar/transport'
import type { Kept } from '../resumable.js'
import { type Connection, channelOf, expectKind, type Handle, permit, reportDefect } from './connection.js'
import { checkMessage } from './message-check.js'
import { Receipts } from './receipts.js'

export interface Publishing {
  readonly publish: Handle
  /** To be called before a turn's frames leave. */
  flush(): void
}

/** The client tells its caller that the outcome is unknown. */
const forgotten: WireError = {
  code: 'DISCONNECTED',
  message: 'What became of it was told on a connection that broke, and is forgotten.',
  details: {},
}

export function createPublishing(connection: Connection, kept: Kept): Publishing {
  const { core, outbox } = connection
  const { engine, limits } = core
  const receipts = new Receipts(outbox, kept.history)
  const find = (channelId: number): Channel => channelOf(connection, channelId)

  const settle = (sequence: number, result: MaybePromise<Receipt>): void => {
    if (!(result instanceof Promise)) {
      receipts.receipt(sequence, result)
      return
    }
    // Only under the `block` policy: the answer comes later, perhaps to the connection that resumed the session.
    kept.pending.set(sequence, result)
    follow(sequence, result)
  }
  const follow = (sequence: number, result: Promise<Receipt>): void => {
    result
      .then(
        (receipt) => receipts.receipt(sequence, receipt),
        (error: unknown) => receipts.refused(sequence, wireErrorOf(error)),
      )
      .finally(() => {
        kept.pending.delete(sequence)
        receipts.flush()
      })
  }
  /** A publish that was accepted before the connection broke: nothing is stored a second time. */
  const repeat = (sequence: number): void => {
    const pending = kept.pending.get(sequence)
    const answer = kept.history.find(sequence)
    if (answer !== undefined) receipts.again(sequence, answer)
    else if (pending !== undefined) follow(sequence, pending)
    else if (kept.history.wasAccepted(sequence))
      receipts.receipt(sequence, { id: '', level: 'accepted', duplicate: true })
    else receipts.refused(sequence, forgotten)
  }

  return {
    publish(body, flags) {
      const { sequence, request } = readPublish(body, flags, find)
      if (sequence <= kept.lastSequence) return repeat(sequence)
      kept.lastSequence = sequence
      const { channel, message } = request
      try {
        expectKind(channel, 'publish', 'event', 'queue', 'stream')
        checkMessage(channel, message, limits.maxMessageBytes)
        permit(connection, 'publish', channel.name)
        // Plain events are forwarded soon and may share the chunk they came in; what is kept for long gets its own bytes.
        const isPassing = channel.kind === 'event' && !channel.guarantees.tracked
        settle(sequence, engine.publish(isPassing ? request : { ...request, message: detach(message) }))
      } catch (error) {
        reportDefect(connection, error)
        receipts.refused(sequence, wireErrorOf(error))
      }
    },
    flush: () => receipts.flush(),
  }
}
