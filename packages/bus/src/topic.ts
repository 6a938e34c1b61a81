/** The types of topics: what a contract is made of and what the verbs of a bus accept. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Channel, Kind } from './channel.js'
import type { Wire } from './wire-schema.js'

/** Literals that the compiler prints when a topic is given to the wrong verb: the last line says which are right. */
export interface Verbs {
  readonly event: 'bus.publish() and bus.subscribe()'
  readonly queue: 'bus.send() and bus.work()'
  readonly request: 'bus.request() and bus.reply()'
  readonly stream: 'bus.append(), bus.replay() and bus.subscribe()'
  readonly pair: 'bus.dial() and bus.accept()'
}

/** What every topic has at run time. */
export interface TopicCore<K extends Kind> {
  /** Says which verbs take this topic. */
  readonly verbs: Verbs[K]
  readonly kind: K
  /** `contract.topic`. */
  readonly name: string
  readonly channel: Channel
  /** Schemas with their wire form; the bus validates with these. Not for users. */
  readonly wire: TopicWire
}

/** The run-time part of a topic that only the bus reads. */
export interface TopicWire {
  /** Of the payload; of the input for requests; of what the dialer sends for pairs. */
  readonly input: Wire
  /** Of the reply for requests; of what the accepter sends for pairs. */
  readonly output: Wire | undefined
  readonly errors: ReadonlyMap<string, Wire>
  /** Partition key of a payload (its input form). */
  readonly keyOf: ((value: never) => string) | undefined
  /** Default of `timeoutMs` for requests. */
  readonly timeoutMs: number
  /** Where the topic was defined (`file:line`), for messages. */
  readonly definedAt: string | undefined
}

/** Phantom types of a topic; never present at run time. `in` is contravariant: a wider topic may not be published to. */
export interface Carries<In, Out, Params extends string> {
  readonly '~types'?: { readonly in: (value: In) => void; readonly out: Out; readonly params: Params }
}

/** A topic of one kind that carries one schema; verbs that take several kinds are generic in `K`. */
export interface Topic<K extends Kind, In, Out, Params extends string>
  extends TopicCore<K>,
    Carries<In, Out, Params> {}

export interface EventTopic<In, Out = In, Params extends string = never>
  extends Topic<'event', In, Out, Params> {}

export interface QueueTopic<In, Out = In, Params extends string = never>
  extends Topic<'queue', In, Out, Params> {}

export interface StreamTopic<In, Out = In, Params extends string = never>
  extends Topic<'stream', In, Out, Params> {}

/** Input and output of both directions, and the declared errors by name. */
export interface RequestTypes {
  readonly in: unknown
  readonly out: unknown
  readonly replyIn: unknown
  readonly replyOut: unknown
  readonly errors: Readonly<Record<string, { readonly in: unknown; readonly out: unknown }>>
  readonly streamed: boolean
  readonly params: string
}

/** Its phantom has a name of its own: a topic of another kind then fails by its verbs, not by its types. */
export interface RequestTopic<T extends RequestTypes> extends TopicCore<'request'> {
  readonly '~request'?: T
}

/** `dialer*` is what the dialing side sends, `accepter*` what the accepting side sends. */
export interface PairTypes {
  readonly dialerIn: unknown
  readonly dialerOut: unknown
  readonly accepterIn: unknown
  readonly accepterOut: unknown
  readonly params: string
}

export interface PairTopic<T extends PairTypes> extends TopicCore<'pair'> {
  readonly '~pair'?: T
}

/** Any topic, for code that treats all alike. */
export type AnyTopic = TopicCore<Kind>

/** A named set of topics: `airport.landed` is a topic whose name on the wire is `airport.landed`. */
export type Contract<Topics> = Readonly<Topics>

/** Names of the `{token}`s in a path template, as a union. */
export type PathParams<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParams<Rest>
  : never

/** Any schema that follows Standard Schema: zod 4, valibot, arktype and others. */
export type Schema = StandardSchemaV1
export type InputOf<S extends Schema> = StandardSchemaV1.InferInput<S>
export type OutputOf<S extends Schema> = StandardSchemaV1.InferOutput<S>
