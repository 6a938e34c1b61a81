/** Members of a group of a stream: one at a time reads, and writes down how far the group is. */

import { createPump, createRecordLanes, type LogRecord, type RecordLanes } from '@busbar/adapter'
import { BusError, type BusErrorCode, type ConsumeRequest, type Deliver, matcher } from 'busbar/transport'
import type { Context } from '../context.js'
import { toBusError } from '../errors.js'
import type { Ending } from '../plain.js'
import { type Cursor, cursorSettings, openCursor } from './cursor.js'
import type { Position } from './offsets.js'
import { recordsOf, windowRecords } from './records.js'
import type { StreamParts } from './streams.js'
import { openTap, type Tap } from './tap.js'

/** What a member has while it is the one who reads. */
interface Turn {
  readonly lanes: RecordLanes<LogRecord>
  readonly tap: Promise<Tap>
}

export async function readAsGroup(
  context: Context,
  { offsets, settle }: StreamParts,
  request: ConsumeRequest & { readonly group: string },
  deliver: Deliver,
): Promise<Ending> {
  const { host, names, settings } = context
  const { channel, group, concurrency } = request
  const matches = matcher(request.pattern)
  const read = recordsOf(context, channel)
  const queue = names.group(channel, group, channel.name)
  const { durable, ...cursorArguments } = cursorSettings
  let turn: Turn | undefined
  let isClosing = false
  let isLost = false
  let tellEnd: (why: BusErrorCode | undefined) => void = () => {}
  const ended = new Promise<BusErrorCode | undefined>((resolve) => {
    tellEnd = resolve
  })
  const fail = (error: unknown): void => {
    abandon()
    tellEnd(toBusError(error, `Reading "${channel.name}" as "${group}"`).code)
  }
  const pump = createPump({ concurrency, deliver, onError: fail, onRoom: () => turn?.lanes.run() })

  function begin(at: Position, cursor: Cursor): void {
    if (isClosing) return
    let tap: Tap | undefined
    const lanes = createRecordLanes({
      ...{ clock: host.clock, pump, isKeyed: channel.guarantees.ordered, from: at.from, windowRecords },
      settle: (tried, outcome) => settle(channel, group, tried, outcome),
      onSettled() {
        tap?.resume()
        if (turn?.lanes === lanes) cursor.changed(() => lanes.watermark)
      },
      onError: fail,
    })
    const opening = openTap(context, {
      ...{ queue: names.channel(channel), at, onGap: request.onGap },
      isFull: () => lanes.isFull,
      onRecord(arrived, offset) {
        if (turn?.lanes !== lanes || isClosing) return
        const message = read(arrived, offset)
        if (matches(message.address)) lanes.offer({ message, offset })
        else lanes.pass(offset)
      },
    })
    turn = { lanes, tap: opening }
    opening.then(
      (opened) => {
        tap = opened
        if (turn?.lanes !== lanes) void opened.close()
        else opened.resume()
      },
      (error: unknown) => {
        if (turn?.lanes === lanes) fail(error)
      },
    )
  }
  function cease(): void {
    const last = turn
    turn = undefined
    isLost = last !== undefined
    last?.lanes.abandon()
    last?.tap.then(
      (tap) => tap.close(),
      () => {},
    )
  }
  function abandon(): void {
    isClosing = true
    cease()
    void cursor?.close()
  }
  let cursor: Cursor | undefined
  const joined = await openCursor(context, {
    ...{ queue, start: (await offsets.position(channel, request.start ?? 'committed')).from },
    async ensure(amqp) {
      if (settings.provision === 'create')
        await amqp.queueDeclare({ queue, durable, arguments: cursorArguments })
    },
    elected: begin,
    deposed: cease,
    onError: fail,
  })
  cursor = joined
  async function shut(): Promise<void> {
    isClosing = true
    isLost = false
    const last = turn
    last?.lanes.stop()
    const tap = await last?.tap.catch(() => undefined)
    await Promise.all([tap?.close(), pump.idle()])
    const written = last === undefined ? undefined : joined.flush(() => last.lanes.watermark)
    const failure: unknown = await written?.catch((error: unknown) => error)
    const isWritten = failure === undefined && !isLost
    await joined.close()
    tellEnd(undefined)
    if (isWritten || !channel.guarantees.durable) return
    throw new BusError('DISCONNECTED', 'What a group settled last could not be written down.', {
      outcome: 'unknown',
      cause: failure,
    })
  }
  let closing: Promise<void> | undefined
  return {
    ended,
    close() {
      closing ??= shut()
      return closing
    },
    abandon() {
      abandon()
      tellEnd('CLOSED')
    },
  }
}
