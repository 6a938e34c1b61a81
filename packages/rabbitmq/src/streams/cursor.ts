/**
 * The place of a group in a stream, and who of its members reads: a queue that lets one consumer in at a time, and in it
 * a note of the place. Who gets the note reads on from there, and writes the next note before it lets go of the last.
 */

import { isBusError } from 'busbar/transport'
import type { Channel as AmqpChannel, AsyncMessage } from 'rabbitmq-client'
import type { Context } from '../context.js'
import { queueGone } from '../courier.js'
import type { Kept } from '../wire.js'
import type { Position } from './offsets.js'

const kindHeader = 'busbar-note'
const offsetHeader = 'busbar-offset'
const tokenHeader = 'busbar-token'

/** `start`: where a member would begin; `place`: all before is settled; `mark`: what is behind it came later. */
type Kind = 'start' | 'place' | 'mark'

/** Between two notes, so that not every record costs one. */
const quietMs = 20
/** A broker takes from a consumer, by default after 30 minutes, what that has not acknowledged. */
const refreshMs = 600_000
/** Notes of members who come, while the one who reads looks at them. */
const prefetchCount = 64
/** After a note could not be written because too much waits for the broker. */
const sorryMs = 1_000

export interface CursorOptions {
  readonly queue: string
  /** Where a group begins that has no place yet. */
  readonly start: number
  ensure(amqp: AmqpChannel): Promise<void>
  /** This member reads now. */
  elected(at: Position, cursor: Cursor): void
  /** It does not any more: others may have begun. */
  deposed(): void
  onError(error: unknown): void
}

export interface Cursor {
  /** Writes down `place()` soon. */
  changed(place: () => number): void
  /** Resolves when it is written down. */
  flush(place: () => number): Promise<void>
  close(): Promise<void>
}

interface Note {
  readonly kind: Kind
  readonly offset: number
  readonly token: string
  readonly tag: number
}

/** What one channel has; another one begins anew. */
interface Term {
  readonly amqp: AmqpChannel
  readonly token: string
  isElected: boolean
  isMarked: boolean
  /** The note that nobody else gets as long as it is held. */
  held: Note | undefined
}

export const cursorSettings = {
  durable: true,
  'x-queue-type': 'quorum',
  'x-single-active-consumer': true,
} as const

/** Resolves when the group has a place, of which nothing that is appended later is missed. */
export async function openCursor(context: Context, options: CursorOptions): Promise<Cursor> {
  const { link, publisher, host, makeToken } = context
  const { queue } = options
  let term: Term | undefined
  let written = -1
  let writing: Promise<void> | undefined
  let timer = host.clock.after(refreshMs, refresh)
  let isDue = false
  let isOver = false
  let kept: Kept | undefined
  let placeOf = (): number => options.start

  async function write(kind: Kind, offset: number, token: string): Promise<void> {
    const headers = { [kindHeader]: kind, [offsetHeader]: String(offset), [tokenHeader]: token }
    const posted = await publisher.post({
      envelope: { exchange: '', routingKey: queue, durable: true, mandatory: true, headers },
      body: Buffer.alloc(0),
      mayRepeat: true,
    })
    if (posted === 'unrouted') throw queueGone(queue)
  }

  async function run(): Promise<void> {
    while (term?.isElected === true && placeOf() !== written) {
      const place = placeOf()
      await write('place', place, term.token)
      written = place
    }
  }
  function start(): Promise<void> {
    writing ??= run().finally(() => {
      writing = undefined
    })
    return writing
  }
  function writeSoon(ms: number): void {
    if (isDue || isOver) return
    isDue = true
    host.clock.after(ms, () => {
      isDue = false
      start().catch(failed)
    })
  }
  function failed(error: unknown): void {
    if (isBusError(error, 'NOT_FOUND')) options.onError(error)
    else writeSoon(sorryMs)
  }
  function refresh(): void {
    written = -1
    writeSoon(0)
    timer = host.clock.after(refreshMs, refresh)
  }

  function acknowledge({ amqp }: Term, note: Note | undefined): void {
    if (note !== undefined && amqp.active) amqp.basicAck({ deliveryTag: note.tag })
  }
  function hold(term: Term, note: Note): void {
    acknowledge(term, term.held)
    term.held = note
  }
  function take(term: Term, note: Note): void {
    const isOwn = note.token === term.token
    if (term.isElected) {
      // Others have written it before they knew; who reads knows better.
      if (isOwn && note.kind === 'place') hold(term, note)
      else acknowledge(term, note)
      return
    }
    if (note.kind === 'mark') {
      acknowledge(term, note)
      if (isOwn) elect(term)
      return
    }
    if (term.held === undefined || isBetter(note, term.held)) hold(term, note)
    else acknowledge(term, note)
    if (term.isMarked) return
    // Behind the first note there may be a better one, before the mark; after it there is none.
    term.isMarked = true
    mark(term)
  }
  function mark(own: Term): void {
    write('mark', 0, own.token).catch((error: unknown) => {
      if (isBusError(error, 'NOT_FOUND')) options.onError(error)
      else host.clock.after(sorryMs, () => term === own && !isOver && mark(own))
    })
  }
  function elect(term: Term): void {
    term.isElected = true
    const from = term.held?.offset ?? options.start
    placeOf = () => from
    written = -1
    start().catch(failed)
    options.elected({ from, isExact: term.held?.kind === 'place' }, cursor)
  }

  const cursor: Cursor = {
    changed(place) {
      placeOf = place
      writeSoon(writing === undefined ? 0 : quietMs)
    },
    async flush(place) {
      placeOf = place
      await writing?.catch(() => undefined)
      await start()
    },
    async close() {
      isOver = true
      timer.cancel()
      await kept?.close()
    },
  }
  kept = await link.inward.keep({
    async setup(amqp) {
      await options.ensure(amqp)
      const fresh: Term = { amqp, token: makeToken(), isElected: false, isMarked: false, held: undefined }
      term = fresh
      await amqp.basicQos({ prefetchCount })
      await amqp.basicConsume({ queue }, (arrived) => {
        if (term === fresh && !isOver) take(fresh, readNote(arrived))
      })
    },
    onLost() {
      const wasElected = term?.isElected === true
      term = undefined
      if (wasElected) options.deposed()
    },
  })
  try {
    await write('start', options.start, '')
  } catch (error) {
    await cursor.close()
    throw error
  }
  return cursor
}

/** A place before a start; the later place, the earlier start: nobody misses what came after it had begun. */
function isBetter(note: Note, than: Note): boolean {
  if (note.kind !== than.kind) return note.kind === 'place'
  return note.kind === 'place' ? note.offset > than.offset : note.offset < than.offset
}

function readNote({ headers, deliveryTag }: AsyncMessage): Note {
  const kind: unknown = headers?.[kindHeader]
  const offset = Number(headers?.[offsetHeader])
  return {
    // What somebody else has put there is as good as no note.
    kind: (kind === 'place' || kind === 'start') && Number.isSafeInteger(offset) ? kind : 'mark',
    offset,
    token: String(headers?.[tokenHeader] ?? ''),
    tag: deliveryTag,
  }
}
