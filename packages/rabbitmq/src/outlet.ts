/** Publishes of a channel, each answered once: in one write for each turn where the client lets it. */

import { Writable } from 'node:stream'
import type { Clock } from 'busbar/transport'
import type { Channel } from 'rabbitmq-client'
import { asBuffer } from './envelope.js'
import { FrameWriter, type Sending } from './publish-frames.js'

/** What becomes of one publish. */
export interface Answer {
  /** The broker has confirmed it. */
  resolve(): void
  reject(error: unknown): void
}

export type Outlet = (sending: Sending, body: Uint8Array, answer: Answer) => void

/** What the client (rabbitmq-client 5.0) keeps of a channel. There is no public way to hand it bytes. */
interface Inside {
  /** Takes what writes pieces, and heeds the back-pressure of the socket. */
  readonly stream: Writable
  /** By the number that the broker will confirm. */
  readonly unconfirmed: Map<number, Answer>
  /** Of the next publish. */
  deliveryCount: number
  readonly maxFrameSize: number
}

/** For a channel in confirm mode that nobody else publishes on. `gather` is called before the client writes by itself. */
export function openOutlet(channel: Channel, clock: Clock, gather: () => void): Outlet {
  const inside: unknown = Reflect.get(channel, '_state')
  // Without these fields the client writes each publish, as it does without us.
  if (isInside(inside)) return byTurns(channel, inside, clock)
  return (sending, body, answer) => {
    gather()
    channel.basicPublish(sending, asBuffer(body)).then(
      () => answer.resolve(),
      (error: unknown) => answer.reject(error),
    )
  }
}

function byTurns(channel: Channel, inside: Inside, clock: Clock): Outlet {
  const { stream, unconfirmed } = inside
  const writer = new FrameWriter(channel.id, inside.maxFrameSize)
  let isDue = false
  const flush = (): void => {
    isDue = false
    const pieces = writer.take()
    // What was not written when the channel closed has been rejected with what was.
    if (channel.active && stream.writable) stream.write(pieces.values())
  }
  return (sending, body, answer) => {
    try {
      // As the client has it.
      const timestamp = sending.timestamp ?? Math.floor(clock.now() / 1_000)
      writer.add(timestamp === sending.timestamp ? sending : { ...sending, timestamp }, body)
    } catch (error) {
      answer.reject(error)
      return
    }
    unconfirmed.set(inside.deliveryCount, answer)
    inside.deliveryCount += 1
    if (isDue) return
    isDue = true
    setImmediate(flush)
  }
}

function isInside(value: unknown): value is Inside {
  return (
    typeof value === 'object' &&
    value !== null &&
    'stream' in value &&
    value.stream instanceof Writable &&
    value.stream.writableObjectMode &&
    'unconfirmed' in value &&
    value.unconfirmed instanceof Map &&
    'deliveryCount' in value &&
    typeof value.deliveryCount === 'number' &&
    'maxFrameSize' in value &&
    typeof value.maxFrameSize === 'number'
  )
}
