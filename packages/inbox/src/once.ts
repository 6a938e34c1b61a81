/** once(): wraps a handler of events, queues or streams so that each message has its effect a single time. */

import { type Handled, isSettlement, type Settlement } from 'busbar'
import { BusError } from 'busbar/transport'
import type { InboxStore } from './store.js'

/** What `once` reads of a context. */
export interface OnceFacts {
  readonly id: string
  readonly topic: string
}

export interface OnceOptions<Ctx extends OnceFacts> {
  /**
   * Who handles: a message has its effect once for each group. All that share the work of a topic give the same
   * name, such as the group of the subscription; others give another, also when they use the same table.
   */
  readonly group: string
  /** Called for a message that had its effect before, instead of the handler. */
  readonly onDuplicate?: (ctx: Ctx) => void
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const groupForm = /^[^\u0000-\u0020\u007f]{1,100}$/

/**
 * Gives a handler for `work` and `subscribe` whose effect is committed once for each message id: at least once
 * delivery and an inbox are effectively once, as far as the effects are written with `tx`. The handler commits by
 * returning; when it throws, or returns `ctx.retry`, `ctx.reject` or `ctx.drop`, nothing of it stays and the message
 * counts as new when it comes again. INVALID_OPTION for a group that is no name.
 */
export function once<Tx, Value, Ctx extends OnceFacts>(
  inbox: InboxStore<Tx>,
  options: OnceOptions<Ctx>,
  handler: (value: Value, ctx: Ctx, tx: Tx) => Handled,
): (value: Value, ctx: Ctx) => Promise<void | Settlement> {
  const { group, onDuplicate } = options
  if (typeof group !== 'string' || !groupForm.test(group)) {
    throw new BusError(
      'INVALID_OPTION',
      'once() needs a group: a string of 1 to 100 characters without spaces and control characters.',
      { details: { option: 'group' } },
    )
  }
  return async (value, ctx) => {
    try {
      const isFirst = await inbox.run(`${group} ${ctx.topic}`, ctx.id, async (tx) => {
        const result = await handler(value, ctx, tx)
        if (isSettlement(result)) throw new NotDone(result)
      })
      if (!isFirst) onDuplicate?.(ctx)
    } catch (error) {
      if (error instanceof NotDone) return error.settlement
      throw error
    }
  }
}

/** Makes the store undo what the handler wrote before it gave the message up. */
class NotDone extends Error {
  constructor(readonly settlement: Settlement) {
    super('The handler did not finish the message.')
  }
}
