/** Streams of one link: what appends and readers share. */

import type { LogRecord, TriedRecord } from '@busbar/adapter'
import type { Channel, ConsumeRequest, Deliver, Message, Outcome } from 'busbar/transport'
import type { Context } from '../context.js'
import { type Courier, queueGone } from '../courier.js'
import type { Ending } from '../plain.js'
import { type Begun, createBegun } from './begun.js'
import { readAsGroup } from './group-reader.js'
import { createOffsets, type Offsets } from './offsets.js'
import { postingOf } from './records.js'
import { readStream } from './stream-reader.js'

export interface StreamParts {
  readonly offsets: Offsets
  /** Carries out what ends a record: resolves when the broker has the dead letter of one that is rejected. */
  settle(
    channel: Channel,
    group: string | undefined,
    tried: TriedRecord<LogRecord>,
    outcome: Exclude<Outcome, { kind: 'retry' }>,
  ): Promise<void> | undefined
}

export interface Streams {
  /** Resolves when the broker has it; rejects with NOT_FOUND when the stream is gone. */
  append(channel: Channel, message: Message, signal: AbortSignal): Promise<void>
  /** Resolves when it is effective. */
  consume(request: ConsumeRequest, deliver: Deliver): Promise<Ending>
}

export function createStreams(context: Context, courier: Courier): Streams {
  const begun: Begun = createBegun(context)
  const parts: StreamParts = {
    offsets: createOffsets(context, begun),
    settle(channel, group, { record: { message }, attempt, firstFailure }, outcome) {
      if (outcome.kind !== 'reject') return undefined
      const { reason, failure } = outcome
      return courier.bury(channel, context.names.channel(channel), message, {
        ...{ reason, group, attempts: attempt, acquired: attempt },
        firstFailure: firstFailure ?? failure,
        lastFailure: failure,
        diedAt: context.host.clock.now(),
      })
    },
  }
  return {
    async append(channel, message, signal) {
      const posted = await context.publisher.post({ ...postingOf(context, channel, message), signal })
      if (posted === 'unrouted') throw queueGone(context.names.channel(channel))
      await begun.mark(channel)
    },
    consume(request, deliver) {
      const { group } = request
      return group === undefined
        ? readStream(context, parts, request, deliver)
        : readAsGroup(context, parts, { ...request, group }, deliver)
    },
  }
}
