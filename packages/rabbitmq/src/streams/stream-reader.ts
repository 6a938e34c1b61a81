/** Readers without a group: records by offset, from anywhere, until now or for ever. */

import { createPump, createRecordLanes } from '@busbar/adapter'
import { type BusErrorCode, type ConsumeRequest, type Deliver, matcher } from 'busbar/transport'
import type { Context } from '../context.js'
import { toBusError } from '../errors.js'
import type { Ending } from '../plain.js'
import { recordsOf, windowRecords } from './records.js'
import type { StreamParts } from './streams.js'
import { openTap, type Tap } from './tap.js'

export async function readStream(
  context: Context,
  { offsets, settle }: StreamParts,
  request: ConsumeRequest,
  deliver: Deliver,
): Promise<Ending> {
  const { host, names } = context
  const { channel, concurrency, inOrder = false } = request
  const matches = matcher(request.pattern)
  const read = recordsOf(context, channel)
  const at = await offsets.position(channel, request.start ?? 'end', request.onGap)
  const { from } = at
  const to = request.until === 'now' ? (await offsets.end(channel)).next : Number.POSITIVE_INFINITY
  let tap: Tap | undefined
  let isThrough = from >= to
  let tellEnd: (why: BusErrorCode | undefined) => void = () => {}
  const ended = new Promise<BusErrorCode | undefined>((resolve) => {
    tellEnd = resolve
  })
  const fail = (error: unknown): void => {
    void stop()
    tellEnd(toBusError(error, `Reading "${channel.name}"`).code)
  }
  const pump = createPump({ concurrency, deliver, onError: fail, onRoom: () => lanes.run() })
  const lanes = createRecordLanes({
    ...{ clock: host.clock, pump, isKeyed: channel.guarantees.ordered && !inOrder, from, windowRecords },
    settle: (tried, outcome) => settle(channel, undefined, tried, outcome),
    onSettled() {
      tap?.resume()
      check()
    },
    onError: fail,
  })
  async function stop(): Promise<void> {
    lanes.stop()
    await tap?.close()
  }
  function check(): void {
    if (!isThrough || !lanes.isIdle) return
    // Its last handler has settled; whoever waits for the end hears of it after that.
    queueMicrotask(() => {
      void stop()
      tellEnd(undefined)
    })
  }
  let closing: Promise<void> | undefined
  const shut = async (): Promise<void> => {
    await stop()
    await pump.idle()
    tellEnd(undefined)
  }
  const reader: Ending = {
    ended,
    close() {
      closing ??= shut()
      return closing
    },
    abandon() {
      void stop()
      lanes.abandon()
      tellEnd('CLOSED')
    },
  }
  if (isThrough) {
    check()
    return reader
  }
  tap = await openTap(context, {
    ...{ queue: names.channel(channel), at, onGap: request.onGap },
    isFull: () => lanes.isFull,
    onRecord(arrived, offset) {
      if (isThrough) return
      isThrough = offset + 1 >= to
      const message = read(arrived, offset)
      if (offset < to && matches(message.address)) lanes.offer({ message, offset })
      else lanes.pass(offset)
      check()
    },
  })
  // It may have come to its end while it began.
  if (isThrough) check()
  return reader
}
