/** Tells that messages were dropped before a consumer saw them: to its own listener and to the status of the bus. */

import type { ConsumeRequest } from '../transport.js'
import type { Core } from './core.js'
import type { KnownTopic } from './known-topics.js'
import { tell } from './listener.js'

/** Gives a reporter that cannot throw into the transport. */
export function gapReporter(
  core: Core,
  { channel }: KnownTopic,
  onGap: ConsumeRequest['onGap'] | undefined,
): ConsumeRequest['onGap'] {
  return (gap) => {
    core.status.report({
      code: 'GAP',
      topic: channel.name,
      id: undefined,
      message: `A consumer of "${channel.name}" has missed ${gap.count} messages.`,
    })
    if (onGap === undefined) return
    const failed = (error: unknown): void =>
      core.status.report({
        code: 'HANDLER_FAILED',
        topic: channel.name,
        id: undefined,
        message: `onGap of a consumer of "${channel.name}" threw.`,
        error,
      })
    tell(() => onGap(gap), failed)
  }
}
