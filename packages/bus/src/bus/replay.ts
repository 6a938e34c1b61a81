/** Reading a stream: an async iterable over its records, at the reader's pace. */

import type { Recorded, ReplayOptions } from '../bus.js'
import { patternOf } from '../contract/address.js'
import { BusError } from '../errors.js'
import { done } from '../outcome.js'
import type { AnyTopic } from '../topic.js'
import type { ConsumeRequest, Consumer, Delivery } from '../transport.js'
import { type Core, closedError } from './core.js'
import { DeliveryContext } from './delivery-context.js'
import { gapReporter } from './gap.js'
import type { KnownTopic } from './known-topics.js'
import { checkOptionNames } from './option-names.js'
import { unpack } from './payload.js'
import { iterableOnce, ReadAhead } from './read-ahead.js'
import { startOf } from './start-position.js'
import { isPromise } from './thenable.js'

type Given = ReplayOptions<string>
type Record = Recorded<unknown, string>

/** Records that may wait for a slow reader. */
const readAheadRecords = 64

/** Begins when it is iterated; `break` ends it at the transport. */
export function replay(core: Core, topic: AnyTopic, options: Given = {}): AsyncIterable<Record> {
  if (!core.door.inbound) throw closedError(core, 'replay() was called')
  options.signal?.throwIfAborted()
  const known = core.topics.get(topic, 'stream')
  checkOptionNames('replay', known.channel.name, options)
  const request = requestOf(core, known, options)
  return iterableOnce(`The replay of "${known.channel.name}"`, () => begin(core, known, request, options))
}

function requestOf(core: Core, known: KnownTopic, options: Given): ConsumeRequest {
  const { channel } = known
  return {
    channel,
    pattern: patternOf(channel, options.where),
    group: undefined,
    concurrency: readAheadRecords,
    inOrder: true,
    start: startOf(core, known, options.from ?? 'start'),
    ...(options.to === undefined ? {} : { until: options.to }),
    onGap: gapReporter(core, known, options.onGap),
  }
}

function begin(
  core: Core,
  known: KnownTopic,
  request: ConsumeRequest,
  options: Given,
): AsyncIterator<Record> {
  const { signal } = options
  let consumer: Consumer | undefined
  /** Of the record at hand: whoever asks for the next one is done with it. */
  let current: DeliveryContext | undefined
  const reader = new ReadAhead<Delivery, Record>({
    open(delivery) {
      current?.release()
      current = new DeliveryContext(core, known, delivery)
      return read(core, known, delivery, current, options)
    },
    leave() {
      current?.release()
      return leave()
    },
  })
  const closable = {
    close: () => stop(closedError(core, `the replay of "${request.channel.name}" was read`)),
  }
  const cancel = (): void => void stop(signal?.reason)

  core.open.add(closable)
  core.aborts.add(signal, cancel)
  start().catch((error: unknown) => reader.finish(error))
  return reader

  async function start(): Promise<void> {
    await core.topics.declare(known)
    consumer = await core.transport.consume(request, deliver, signal ?? core.life)
    if (!core.open.has(closable)) await consumer.close()
    const reason = await consumer.ended
    reader.finish(
      reason === undefined
        ? undefined
        : new BusError(reason, `The replay of "${request.channel.name}" was ended by the transport.`),
    )
  }

  function deliver(delivery: Delivery): typeof done | Promise<typeof done> {
    const taken = reader.push(delivery)
    return isPromise(taken) ? taken.then(() => done) : done
  }

  function stop(reason: unknown): Promise<void> {
    reader.stop(reason)
    return leave()
  }

  async function leave(): Promise<void> {
    core.open.delete(closable)
    core.aborts.remove(signal, cancel)
    await consumer?.close()
  }
}

async function read(
  core: Core,
  known: KnownTopic,
  delivery: Delivery,
  ctx: DeliveryContext,
  options: Given,
): Promise<{ readonly value: Record } | undefined> {
  const { body, id } = delivery.message
  const { value, refusal } = await unpack(body, known.topic.wire.input, core.clock)
  if (refusal === undefined) return { value: { value, ctx } }
  core.status.report({
    code: refusal.reason === 'schema' ? 'SCHEMA_INVALID' : 'UNENCODABLE',
    topic: known.channel.name,
    id,
    message: `Record ${delivery.offset ?? id} of "${known.channel.name}" was passed over: ${refusal.message}`,
  })
  await options.onInvalid?.({ id, issues: refusal.issues })
  return undefined
}
