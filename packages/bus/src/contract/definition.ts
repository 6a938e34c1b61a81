/** What a factory remembers of a topic until `contract()` gives it a name. */

import type { Kind } from '../channel.js'
import { BusError } from '../errors.js'
import type { Schema, TopicCore, Verbs } from '../topic.js'

/** The raw material of one topic, unchecked: its errors can only be told once the topic has a name. */
export interface Definition {
  readonly kind: Kind
  readonly input: Schema
  readonly output: Schema | undefined
  readonly errors: Readonly<Record<string, Schema>>
  readonly options: Readonly<Record<string, unknown>>
  readonly definedAt: string | undefined
}

/** Registered globally, so that a definition is known across copies of the package. */
const key: unique symbol = Symbol.for('busbar.definition')

/** The literals the compiler prints for a topic given to the wrong verb. */
export const verbs: Verbs = Object.freeze({
  event: 'bus.publish() and bus.subscribe()',
  queue: 'bus.send() and bus.work()',
  request: 'bus.request() and bus.reply()',
  stream: 'bus.append(), bus.replay() and bus.subscribe()',
  pair: 'bus.dial() and bus.accept()',
})

/** A topic without a name: it has the type of a topic, and everything but its kind fails until a contract binds it. */
export function unbound<K extends Kind>(kind: K, definition: Omit<Definition, 'kind'>): TopicCore<K> {
  const fail = (): never => {
    const place = definition.definedAt === undefined ? '' : ` (${definition.definedAt})`
    throw new BusError(
      'CONTRACT_INVALID',
      `A topic made by ${kind}()${place} is used outside a contract, so it has no name. Put it into contract('name', { topic: ${kind}(...) }) and use that.`,
    )
  }
  const topic = {
    verbs: verbs[kind],
    kind,
    get name() {
      return fail()
    },
    get channel() {
      return fail()
    },
    get wire() {
      return fail()
    },
  }
  Object.defineProperty(topic, key, { value: Object.freeze({ ...definition, kind }) })
  return Object.freeze(topic)
}

/** The definition a factory made; undefined for everything else, also for topics that are bound. */
export function definitionOf(topic: unknown): Definition | undefined {
  if (typeof topic !== 'object' || topic === null || !(key in topic)) return undefined
  // Only `unbound` sets the registered symbol.
  return topic[key] as Definition
}
