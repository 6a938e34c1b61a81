/** Reads a stream without a group: by sequence, from anywhere, told of what retention took before. */

import { createPump, foreignId } from '@busbar/adapter'
import { AckPolicy, type ConsumerConfig, DeliverPolicy, ReplayPolicy } from '@nats-io/jetstream'
import type { BusErrorCode, ConsumeRequest, Consumer, Deliver, Host, Start } from 'busbar/transport'
import { apiError } from './errors.js'
import type { Handed } from './handed.js'
import { HeaderReader } from './header-block.js'
import type { Link, Session } from './link.js'
import { toMessage } from './message.js'
import type { Names } from './names.js'
import { createPuller, type Puller } from './puller.js'

/** Records that may wait here, and bytes asked for at a time: nothing counts what was not begun. */
const ahead = 256
const aheadBytes = 8 * 1_048_576
/** A consumer that nobody asks any more goes by itself. */
const inactiveMs = 60_000

export interface ReaderOptions {
  readonly link: Link
  readonly host: Host
  readonly names: Names
}

export async function createReader(
  request: ConsumeRequest,
  deliver: Deliver,
  { link, host, names }: ReaderOptions,
): Promise<Consumer & { abandon(): void }> {
  const { channel, until, inOrder = false } = request
  const isSerial = channel.guarantees.ordered && !inOrder
  const stream = names.stream(channel)
  const waiting: Handed[] = []
  const headers = new HeaderReader()
  let next: number | undefined
  let start = request.start ?? 'end'
  let last: number | undefined
  let isOver = false
  let puller: Puller | undefined
  let end: (code: BusErrorCode | undefined) => void = () => {}
  const ended = new Promise<BusErrorCode | undefined>((resolve) => {
    end = resolve
  })
  const pump = createPump({
    concurrency: isSerial ? 1 : request.concurrency,
    deliver,
    onError: () => undefined,
    onRoom: () => drain(),
  })

  const finish = async (code: BusErrorCode | undefined): Promise<void> => {
    if (isOver) return
    isOver = true
    unuse()
    await stop()
    await pump.idle()
    end(code)
  }
  const take = (message: Handed): void => {
    const { msg, sequence } = message
    if (next !== undefined && sequence > next) {
      request.onGap({ count: sequence - next, from: next - 1, to: sequence - 2 })
    }
    next = sequence + 1
    const arrived = {
      headers: headers.of(msg),
      data: msg.data,
      address: () => names.address(msg.subject),
      makeId: () => foreignId(`nats/${stream}/${sequence}`),
      time: () => message.storedAt,
    }
    const parsed = toMessage(channel, arrived)
    pump.take({ message: parsed, attempt: 1, offset: sequence - 1, settle: () => undefined })
  }
  function drain(): void {
    while (!isOver && pump.room > 0) {
      const message = waiting.shift()
      if (message === undefined) break
      // A place to come is taken for the end by the server.
      const isEarly = next !== undefined && message.sequence < next
      if (!isEarly && (last === undefined || message.sequence <= last)) take(message)
      if (last !== undefined && message.sequence >= last) void finish(undefined)
    }
    puller?.look()
  }

  let name = ''
  /** On each connection anew, from where the last one came to. */
  const begin = async ({ jsm }: Session): Promise<void> => {
    const { state } = await jsm.streams.info(stream)
    if (start === 'start') next ??= Math.max(1, state.first_seq)
    if (start === 'end' || start === 'committed') next ??= state.last_seq + 1
    if (typeof start === 'object' && 'offset' in start) next ??= start.offset + 1
    if (until === 'now') last ??= state.last_seq
    const from = next !== undefined ? { offset: next - 1 } : start
    waiting.length = 0
    const isNothing = last !== undefined && (state.messages === 0 || (next ?? 0) > last)
    if (isNothing) {
      void finish(undefined)
      return
    }
    const info = await jsm.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      replay_policy: ReplayPolicy.Instant,
      inactive_threshold: inactiveMs * 1e6,
      ...beginAt(from),
    })
    name = info.name
    if (last !== undefined && info.num_pending === 0) {
      void finish(undefined)
      return
    }
    await stopPuller()
    puller = createPuller(link, host.clock, {
      stream,
      consumer: name,
      batch: ahead / 4,
      maxBytes: Math.max(aheadBytes, 2 * link.maxPayload),
      room: () => ahead - waiting.length,
      onMessage(message) {
        waiting.push(message)
        drain()
      },
      onGone() {
        const now = link.session
        if (now !== undefined) begin(now).catch((error: unknown) => broken(now, error))
      },
    })
    // What was asked of the server by time is from now on asked by place.
    if (next !== undefined) start = 'start'
  }
  async function stopPuller(): Promise<void> {
    const old = puller
    puller = undefined
    await old?.stop()
  }
  async function stop(): Promise<void> {
    await stopPuller()
    waiting.length = 0
    if (name !== '') await link.session?.jsm.consumers.delete(stream, name).catch(() => undefined)
  }
  /** A stream that is gone ends its reader and nothing else. */
  function broken({ nc }: Session, error: unknown): void {
    if (!nc.isClosed()) void finish(apiError(`Reading "${channel.name}"`, error).code)
  }
  const session = await link.ready()
  const unuse = link.use({
    up: (next) => begin(next).catch((error: unknown) => broken(next, error)),
    // The old consumer may live on at the server: what it sends is not wanted any more.
    down: () => void stopPuller(),
  })
  try {
    await begin(session)
  } catch (error) {
    unuse()
    throw apiError(`Reading "${channel.name}"`, error)
  }
  return {
    ended,
    close: () => finish(undefined),
    abandon() {
      isOver = true
      unuse()
      void stop()
      pump.loseAll()
      end('CLOSED')
    },
  }
}

export function beginAt(start: Start): Partial<ConsumerConfig> {
  if (start === 'start') return { deliver_policy: DeliverPolicy.All }
  if (typeof start === 'string') return { deliver_policy: DeliverPolicy.New }
  if ('offset' in start) {
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, start.offset + 1) }
  }
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(start.time).toISOString() }
}
