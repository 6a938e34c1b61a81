/** One side of a pair: sends values, iterates over what the other side says, and learns at once when it is gone. */

import type { Line } from '../bus.js'
import type { BusErrorCode } from '../error-table.js'
import { BusError } from '../errors.js'
import type { Closed, Exchange, MaybePromise, Part } from '../transport.js'
import type { Wire } from '../wire-schema.js'
import { callError, closedByRefusal } from './call-errors.js'
import type { Core } from './core.js'
import { inTurn, type Turns } from './in-turn.js'
import type { KnownTopic } from './known-topics.js'
import { pack, unpack } from './payload.js'
import { ReadAhead } from './read-ahead.js'
import { isPromise } from './thenable.js'

/** The two schemas of a pair as one side sees them. */
export interface Sides {
  readonly sends: Wire
  readonly receives: Wire
}

/** A line with what its exchange is to tell it. */
export interface OpenLine {
  readonly line: Line<unknown, unknown>
  part(part: Part): MaybePromise<void>
  ended(closed: Closed): void
}

/** Gives a line over an exchange that both sides have taken up. */
export function openLine(core: Core, known: KnownTopic, sides: Sides, exchange: Exchange): OpenLine {
  let over: Closed | undefined
  let tell: (code: 'DONE' | BusErrorCode) => void = () => undefined
  const ended = new Promise<'DONE' | BusErrorCode>((resolve) => {
    tell = resolve
  })
  const heard = new ReadAhead<Part, unknown>({ open: read, leave: close })
  const turns: Turns = { checking: undefined }
  let isIterated = false

  const line: Line<unknown, unknown> = {
    ended,
    send(value) {
      try {
        if (over !== undefined) return Promise.reject(lineError(known, over))
        const packed = pack(known, sides.sends, value, core.clock)
        if (isPromise(packed) || turns.checking !== undefined)
          return inTurn(turns, packed, ({ body }) => exchange.send({ body }))
        return Promise.resolve(exchange.send({ body: packed.body }))
      } catch (error) {
        return Promise.reject(error)
      }
    },
    close,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]() {
      if (isIterated) throw new TypeError(`A line of "${known.channel.name}" can be iterated once.`)
      isIterated = true
      return heard
    },
  }
  core.open.add(line)
  return {
    line,
    part: (part) => (part.body.size === 0 ? undefined : heard.push(part)),
    ended: finish,
  }

  function finish(closed: Closed): void {
    if (over !== undefined) return
    over = closed
    core.open.delete(line)
    heard.finish(closed.code === 'DONE' ? undefined : callError(known, closed, undefined))
    tell(closed.code)
  }

  /** What was sent before arrives before the end does; what was not read yet is dropped. */
  async function close(): Promise<void> {
    if (over === undefined) exchange.close({ code: 'DONE' })
    finish({ code: 'DONE' })
    heard.stop()
  }

  async function read(part: Part): Promise<{ readonly value: unknown }> {
    const { value, refusal } = await unpack(part.body, sides.receives, core.clock)
    if (refusal === undefined) return { value }
    const reason = closedByRefusal('A part', refusal)
    core.status.report({
      code: 'SCHEMA_INVALID',
      topic: known.channel.name,
      id: undefined,
      message: `"${known.channel.name}": ${reason.message}`,
    })
    exchange.close(reason)
    finish(reason)
    throw callError(known, reason, undefined)
  }
}

/** Why nothing can be said on a line any more. */
export function lineError(known: KnownTopic, closed: Closed): BusError {
  if (closed.code !== 'DONE') return callError(known, closed, undefined)
  return new BusError('CLOSED', `The line of "${known.channel.name}" has ended.`, { outcome: 'rejected' })
}
