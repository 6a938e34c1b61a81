/** A bus for tests: in process, on virtual time, with a memory of what was sent and handled. */

import { createBus } from '../bus/create-bus.js'
import type { Bus, BusOptions } from '../bus.js'
import type { Clock } from '../clock.js'
import { decodeJson } from '../contract/decode-json.js'
import { validate } from '../contract/validate.js'
import { memory } from '../memory/memory.js'
import type { AnyTopic, Carries, RequestTopic, RequestTypes, TopicCore } from '../topic.js'
import type { Wire } from '../wire-schema.js'
import { type Ending, Ledger } from './ledger.js'
import { ManualClock } from './manual-clock.js'
import { type SettleOptions, settle } from './settle.js'
import { watched } from './watched-transport.js'

/** Options of {@link createTestBus}; everything else is fixed for repeatable runs. */
export interface TestBusOptions extends Pick<BusOptions, 'middleware' | 'contracts' | 'drainTimeoutMs'> {
  /** Default `test`. */
  readonly service?: string
  /** Default: one fixed sequence, so that back-off and ids are the same in each run. */
  readonly random?: () => number
}

/** A message that a handler was given, and what came of it. */
export interface HandledValue<Out> {
  readonly id: string
  /** As the handler got it: validated, in output form. Undefined if it was refused on receive. */
  readonly value: Out | undefined
  /** `done`, `retry`, `reject` or `drop`; for requests the code they ended with. */
  readonly outcome: Ending
  readonly attempt: number
  readonly service: string
}

type Message<In, Out> = TopicCore<'event' | 'queue' | 'stream'> & Carries<In, Out, string>

/** A bus whose wire and clock belong to the test. */
export interface TestBus extends Bus {
  readonly clock: ManualClock
  /** Values sent on this wire so far, by any service, in their input form. */
  published<In, Out>(topic: Message<In, Out>): readonly In[]
  published<T extends RequestTypes>(topic: RequestTopic<T>): readonly T['in'][]
  /** Messages handled on this wire so far, by any service, in the order in which their handlers ended. */
  handled<In, Out>(topic: Message<In, Out>): readonly HandledValue<Out>[]
  handled<T extends RequestTypes>(topic: RequestTopic<T>): readonly HandledValue<T['out']>[]
  /** Another bus on the same wire and clock. */
  connect(service: string): Promise<TestBus>
  /** Lets virtual time pass, and promises go on after each timer that falls due. */
  advance(ms: number): Promise<void>
  /**
   * Resolves when everything that messages caused has been handled. Rejects, naming each message, service and since
   * when, if that cannot happen: a handler that never ends, a queue that nobody works on, a delay without `advance`.
   */
  settled(options?: SettleOptions): Promise<void>
}

/** Gives a bus on a memory wire of its own, with virtual time. */
export async function createTestBus(options: TestBusOptions = {}): Promise<TestBus> {
  const { service = 'test', random = sequence(), ...rest } = options
  const clock = new ManualClock()
  const ledger = new Ledger()
  const transport = watched(memory({ clock }), ledger, clock)
  return connectTo({ ...rest, random, clock, transport }, ledger, clock, service)
}

type Shared = Omit<BusOptions, 'service'>

async function connectTo(
  shared: Shared,
  ledger: Ledger,
  clock: ManualClock,
  service: string,
): Promise<TestBus> {
  const bus = await createBus({ ...shared, service })
  return Object.freeze({
    ...bus,
    clock,
    // Whatever was sent on a topic passed its schema, in the form that these signatures name.
    published: (topic: AnyTopic) => sentOn(ledger, topic) as never,
    handled: (topic: AnyTopic) => handledOn(ledger, topic, clock) as never,
    connect: (other: string) => connectTo(shared, ledger, clock, other),
    advance: (ms: number) => clock.pass(ms),
    settled: (options: SettleOptions = {}) => settle(ledger, clock, options),
  })
}

function sentOn({ sent }: Ledger, { name }: AnyTopic): readonly unknown[] {
  return sent.filter(({ topic }) => topic === name).map(({ bytes }) => decodeJson(bytes))
}

function handledOn(ledger: Ledger, { name, wire }: AnyTopic, clock: Clock): readonly HandledValue<unknown>[] {
  return ledger.handled
    .filter(({ topic }) => topic === name)
    .map(({ message, bytes, ending, attempt, service }) => ({
      id: message.id,
      value: outputOf(wire.input, bytes, clock),
      outcome: ending,
      attempt,
      service,
    }))
}

function outputOf(wire: Wire, bytes: Uint8Array, clock: Clock): unknown {
  let input: unknown
  try {
    input = decodeJson(bytes)
  } catch {
    return undefined
  }
  const checked = validate(wire, input, clock)
  // A schema that takes its time has no value to show here.
  return checked instanceof Promise || checked.issues !== undefined ? undefined : checked.value
}

/** A linear congruential sequence (Numerical Recipes): repeatable, and good enough to spread delays. */
function sequence(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 0x1_0000_0000
  }
}
