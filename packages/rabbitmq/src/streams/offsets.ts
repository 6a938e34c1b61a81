/** Where a stream ends and where a time is in it, found by reading: AMQP has no question for either. */

import { BusError, type Channel, type ConsumeRequest, type Start, type Timer } from 'busbar/transport'
import type { Channel as AmqpChannel, AsyncMessage } from 'rabbitmq-client'
import type { Context } from '../context.js'
import { payloadOf } from '../envelope.js'
import { awayError } from '../errors.js'
import type { Begun } from './begun.js'
import { timeOf } from './records.js'
import { countedFrom, leastBytes, type Weighed, weighedFrom } from './retention.js'

/** So much at a time is asked for; whole chunks come anyway. */
export const prefetchCount = 64
/** The broker looks up times by its own clock, publishers write theirs: reading begins so much earlier. */
const slackSeconds = 60
const patienceMs = 10_000

export interface End {
  /** The offset of what is appended next, or less where the broker skips some. */
  readonly next: number
  /** When the last record was written, in ms. */
  readonly time: number
}

export interface Offsets {
  /** All records whose receipt was given before are before it. */
  end(channel: Channel): Promise<End>
  position(channel: Channel, start: Start, onGap?: ConsumeRequest['onGap']): Promise<Position>
}

export interface Position {
  readonly from: number
  /** Whether everything from there on was asked for, so that what is missing is told. */
  readonly isExact: boolean
}

interface Arrivals {
  /** Undefined when there is no more at this moment. */
  next(): Promise<AsyncMessage | undefined>
  /** Waits until something comes. */
  some(): Promise<void>
}

export function offsetOf({ headers }: AsyncMessage): number {
  return Number(headers?.['x-stream-offset'])
}

/** Resolves when the broker has done all that was asked of it before, and consumers have been told what came of it. */
export async function turn(amqp: AmqpChannel): Promise<void> {
  await amqp.basicQos({ prefetchCount })
  await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Reads from `place` on a channel that is there for nothing else. */
async function open(amqp: AmqpChannel, queue: string, place: string | number): Promise<Arrivals> {
  const waiting: AsyncMessage[] = []
  let lastTag = 0
  let tell: () => void = () => {}
  let fail: (error: unknown) => void = () => {}
  const gone = new Promise<never>((_, reject) => {
    fail = reject
  })
  gone.catch(() => {})
  amqp.on('error', (error) => fail(error))
  amqp.once('close', () => fail(awayError('while a stream was looked at', 'rejected')))
  amqp.on('basic.cancel', (_tag, error) => fail(error))
  await amqp.basicQos({ prefetchCount })
  await amqp.basicConsume({ queue, arguments: { 'x-stream-offset': place } }, (arrived) => {
    waiting.push(arrived)
    lastTag = arrived.deliveryTag
    tell()
  })
  // At RabbitMQ 3.10 the stream's writer answers this, after it has told of what the first consumer may read.
  await amqp.basicConsume({ queue, arguments: { 'x-stream-offset': 'next' } }, () => {})
  await turn(amqp)
  const readOn = async (): Promise<void> => {
    // An acknowledgement makes the broker read on at once, before it answers anything else.
    if (lastTag > 0) amqp.basicAck({ deliveryTag: lastTag, multiple: true })
    lastTag = 0
    await Promise.race([turn(amqp), gone])
  }
  return {
    async next() {
      if (waiting.length === 0) await readOn()
      return waiting.shift()
    },
    async some() {
      if (waiting.length > 0) return
      const came = new Promise<void>((resolve) => {
        tell = resolve
      })
      await Promise.race([came, gone])
    },
  }
}

export function createOffsets(context: Context, begun: Begun): Offsets {
  const { host, link, names } = context
  const reading = <T>(
    channel: Channel,
    place: string | number,
    read: (from: Arrivals) => Promise<T>,
  ): Promise<T> =>
    link.inward.steadily(() =>
      link.inward.use(async (amqp) => read(await open(amqp, names.channel(channel), place))),
    )

  /** Retention may have removed all there was, which nobody says. */
  async function soon(channel: Channel, came: Promise<void>): Promise<void> {
    const text = `RabbitMQ gave no record of "${channel.name}" within ${patienceMs} ms, though there were some; all may be removed.`
    let timer: Timer | undefined
    const late = new Promise<never>((_, reject) => {
      timer = host.clock.after(patienceMs, () => reject(new BusError('TIMEOUT', text)), { keepAlive: true })
    })
    await Promise.race([came, late]).finally(() => timer?.cancel())
  }

  function end(channel: Channel): Promise<End> {
    return reading(channel, 'last', async (arrivals) => {
      let last = await arrivals.next()
      if (last === undefined) {
        if (!(await begun.is(channel))) return { next: 0, time: 0 }
        await soon(channel, arrivals.some())
      }
      for (let next = await arrivals.next(); next !== undefined; next = await arrivals.next()) last = next
      if (last === undefined) return { next: 0, time: 0 }
      // A foreign program may have begun it; who looks for the end later is told so at once.
      await begun.mark(channel).catch(() => undefined)
      return { next: offsetOf(last) + 1, time: timeOf(last) }
    })
  }

  /** The first record that was written at `time` or later. */
  async function at(channel: Channel, time: number): Promise<number> {
    const { next, time: lastTime } = await end(channel)
    if (next === 0 || lastTime < time) return next
    const age = Math.max(0, Math.ceil((host.clock.now() - time) / 1_000)) + slackSeconds
    return reading(channel, `${age}s`, async (arrivals) => {
      for (;;) {
        await arrivals.some()
        for (let one = await arrivals.next(); one !== undefined; one = await arrivals.next()) {
          const offset = offsetOf(one)
          if (offset >= next - 1 || timeOf(one) >= time) return offset
        }
      }
    })
  }

  /** What is before `next` is read backwards in growing steps, until it is more than may be kept. */
  async function weighed(channel: Channel, next: number, keepBytes: number): Promise<number> {
    for (let count = 64; ; count *= 4) {
      const first = Math.max(0, next - count)
      const records = await reading(channel, first, async (arrivals) => {
        const all: Weighed[] = []
        while ((all.at(-1)?.offset ?? -1) < next - 1) {
          await arrivals.some()
          for (let one = await arrivals.next(); one !== undefined; one = await arrivals.next()) {
            all.push({ offset: offsetOf(one), bytes: payloadOf(one).length })
          }
        }
        return all
      })
      const from = weighedFrom(records, keepBytes)
      if (from !== undefined || first === 0 || (records[0]?.offset ?? 0) > first + 1) return from ?? first
    }
  }

  /** The oldest record that counts as kept; some before it may still be there. */
  async function keptFrom(channel: Channel): Promise<number> {
    const { keepMs, keepCount, keepBytes } = channel.guarantees
    const byAge = keepMs === undefined ? 0 : await at(channel, host.clock.now() - keepMs)
    if (keepCount === undefined && keepBytes === undefined) return byAge
    const { next } = await end(channel)
    const isSmall = next > 0 && keepBytes !== undefined && keepBytes < leastBytes
    const byBytes = isSmall ? await weighed(channel, next, keepBytes) : 0
    return Math.max(byAge, byBytes, countedFrom(channel.guarantees, next))
  }

  return {
    end,
    async position(channel, start, onGap = () => {}) {
      if (start === 'end' || start === 'committed') return { from: (await end(channel)).next, isExact: true }
      const kept = await keptFrom(channel)
      if (start === 'start') return { from: kept, isExact: false }
      if ('time' in start) return { from: Math.max(kept, await at(channel, start.time)), isExact: false }
      const { offset } = start
      if (offset < kept) onGap({ count: kept - offset, from: offset, to: kept - 1 })
      return { from: Math.max(kept, offset), isExact: true }
    },
  }
}
