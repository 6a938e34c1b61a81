/** The five factories: each turns schemas and options into a topic that `contract()` names. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type {
  EventTopic,
  InputOf,
  OutputOf,
  PairTopic,
  PathParams,
  QueueTopic,
  RequestTopic,
  Schema,
  StreamTopic,
} from '../topic.js'
import { definedAt } from './defined-at.js'
import { unbound } from './definition.js'
import type { EventOptions, PairOptions, QueueOptions, RequestOptions, StreamOptions } from './options.js'

const noErrors = Object.freeze({})

/** Something that happened: every group of subscribers gets a copy. At most once, or at least once with `retry`. */
export function event<In, Out, const Path extends string = ''>(
  schema: StandardSchemaV1<In, Out>,
  options: EventOptions<NoInfer<In>, Path> = {},
): EventTopic<In, Out, PathParams<Path>> {
  return unbound('event', single(schema, options, definedAt()))
}

/** Work to be done: exactly one worker gets it, at least once, until it is done or a dead letter. */
export function queue<In, Out, const Path extends string = ''>(
  schema: StandardSchemaV1<In, Out>,
  options: QueueOptions<NoInfer<In>, Path> = {},
): QueueTopic<In, Out, PathParams<Path>> {
  return unbound('queue', single(schema, options, definedAt()))
}

/** A retained log: appended to, followed by groups with a cursor, and read again. */
export function stream<In, Out, const Path extends string = ''>(
  schema: StandardSchemaV1<In, Out>,
  options: StreamOptions<NoInfer<In>, Path> = {},
): StreamTopic<In, Out, PathParams<Path>> {
  return unbound('stream', single(schema, options, definedAt()))
}

/** A question with a typed answer, or one of the declared errors, before a deadline. */
export function request<
  In,
  Out,
  ReplyIn,
  ReplyOut,
  Errors extends Readonly<Record<string, Schema>> = {},
  const Streamed extends boolean = false,
  const Path extends string = '',
>(
  definition: {
    readonly input: StandardSchemaV1<In, Out>
    readonly output: StandardSchemaV1<ReplyIn, ReplyOut>
    /** Errors the replier may fail with, by name, each with the schema of its data. */
    readonly errors?: Errors
  } & RequestOptions<Path, Streamed>,
): RequestTopic<{
  readonly in: In
  readonly out: Out
  readonly replyIn: ReplyIn
  readonly replyOut: ReplyOut
  // Written out here and not as a named type, whose name and schemas would show up in emitted declarations.
  readonly errors: {
    readonly [N in keyof Errors]: { readonly in: InputOf<Errors[N]>; readonly out: OutputOf<Errors[N]> }
  }
  readonly streamed: Streamed
  readonly params: PathParams<Path>
}> {
  const { input, output, errors = noErrors, ...options } = definition
  return unbound('request', { input, output, errors, options, definedAt: definedAt() })
}

/** A line between two parties that each hear the other, in order, and learn at once when it is gone. */
export function pair<DialerIn, DialerOut, AccepterIn, AccepterOut, const Path extends string = ''>(
  schemas: {
    /** What the dialing side sends. */
    readonly dialer: StandardSchemaV1<DialerIn, DialerOut>
    /** What the accepting side sends. */
    readonly accepter: StandardSchemaV1<AccepterIn, AccepterOut>
  },
  options: PairOptions<Path> = {},
): PairTopic<{
  readonly dialerIn: DialerIn
  readonly dialerOut: DialerOut
  readonly accepterIn: AccepterIn
  readonly accepterOut: AccepterOut
  readonly params: PathParams<Path>
}> {
  const { dialer, accepter } = schemas
  return unbound('pair', {
    input: dialer,
    output: accepter,
    errors: noErrors,
    options: { ...options },
    definedAt: definedAt(),
  })
}

function single(schema: Schema, options: object, at: string | undefined) {
  return { input: schema, output: undefined, errors: noErrors, options: { ...options }, definedAt: at }
}
