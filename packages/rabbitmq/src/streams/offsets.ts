/** Where a stream ends and where a time is in it, found by reading: AMQP has no question for either. */

import type { Channel, Start } from 'busbar/transport'
import type { Channel as AmqpChannel, AsyncMessage } from 'rabbitmq-client'
import type { Context } from '../context.js'
import { headersOf, readArrived } from '../envelope.js'
import { awayError } from '../errors.js'
import type { Begun } from './begun.js'

/** So much at a time is asked for; whole chunks come anyway. */
export const prefetchCount = 64
/** The broker looks up times by its own clock, publishers write theirs: reading begins so much earlier. */
const slackSeconds = 60

export interface End {
  /** The offset of what is appended next, or less where the broker skips some. */
  readonly next: number
  /** When the last record was written, in ms. */
  readonly time: number
}

export interface Offsets {
  /** All records whose receipt was given before are before it. */
  end(channel: Channel): Promise<End>
  position(channel: Channel, start: Start): Promise<number>
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
  // To RabbitMQ 3.12 this is answered by the one who writes the stream, after what it owed to the first consumer.
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

export function createOffsets({ host, link, names }: Context, begun: Begun): Offsets {
  const fallback = { id: () => '', now: () => host.clock.now() }
  const timeOf = (channel: Channel, arrived: AsyncMessage): number =>
    readArrived(channel, arrived, headersOf(arrived), fallback).time
  const reading = <T>(channel: Channel, place: string, read: (from: Arrivals) => Promise<T>): Promise<T> =>
    link.inward.steadily(() =>
      link.inward.use(async (amqp) => read(await open(amqp, names.channel(channel), place))),
    )

  function end(channel: Channel): Promise<End> {
    return reading(channel, 'last', async (arrivals) => {
      let last = await arrivals.next()
      if (last === undefined) {
        if (!(await begun.is(channel))) return { next: 0, time: 0 }
        await arrivals.some()
      }
      for (let next = await arrivals.next(); next !== undefined; next = await arrivals.next()) last = next
      if (last === undefined) return { next: 0, time: 0 }
      // A foreign program may have begun it; who looks for the end later is told so at once.
      await begun.mark(channel).catch(() => undefined)
      return { next: offsetOf(last) + 1, time: timeOf(channel, last) }
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
          if (offset >= next - 1 || timeOf(channel, one) >= time) return offset
        }
      }
    })
  }

  return {
    end,
    async position(channel, start) {
      if (start === 'start') return 0
      if (typeof start === 'string') return (await end(channel)).next
      return 'offset' in start ? start.offset : at(channel, start.time)
    },
  }
}
