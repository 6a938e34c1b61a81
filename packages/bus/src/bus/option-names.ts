/** The options that each verb has: a typing mistake in JavaScript must not become a default. */

import type {
  ConsumeOptions,
  PublishOptions,
  ReplayOptions,
  ReplyOptions,
  RequestOptions,
  SendOptions,
  StreamSubscribeOptions,
} from '../bus.js'
import { BusError } from '../errors.js'

/** Exactly the names of an interface, so that the compiler finds what is forgotten here. */
type NamesOf<O> = Readonly<Record<keyof O, true>>
type Path = { readonly params?: unknown }

const publish: NamesOf<PublishOptions & Path> = {
  id: true,
  headers: true,
  key: true,
  signal: true,
  params: true,
}
const send: NamesOf<SendOptions & Path> = { ...publish, delayMs: true, priority: true }
const request: NamesOf<RequestOptions & Path> = {
  timeoutMs: true,
  headers: true,
  key: true,
  signal: true,
  params: true,
}
const reply: NamesOf<ReplyOptions<string>> = { concurrency: true, where: true, signal: true }
const work: NamesOf<ConsumeOptions<string>> = { ...reply, classify: true, onInvalid: true }
const subscribe: NamesOf<StreamSubscribeOptions<string>> = {
  ...work,
  group: true,
  buffer: true,
  onGap: true,
  from: true,
}
const replay: NamesOf<ReplayOptions<string>> = {
  from: true,
  to: true,
  where: true,
  signal: true,
  onGap: true,
  onInvalid: true,
}

const optionsOf = {
  publish,
  append: publish,
  send,
  request,
  dial: request,
  reply,
  accept: reply,
  work,
  subscribe,
  replay,
}

/** INVALID_OPTION names the first option that the verb does not have, and those it has. */
export function checkOptionNames(verb: keyof typeof optionsOf, topic: string, options: object): void {
  const names: Readonly<Record<string, unknown>> = optionsOf[verb]
  for (const name in options) {
    if (names[name] === true) continue
    throw new BusError(
      'INVALID_OPTION',
      `On "${topic}" ${verb}() has no option "${name}"; there are ${Object.keys(names).join(', ')}.`,
      { details: { topic, option: name }, outcome: 'rejected' },
    )
  }
}
