/** `contract()`: gives topics their names, checks everything they promise, and freezes them. */

import type { Channel } from '../channel.js'
import { BusError } from '../errors.js'
import type { AnyTopic, Contract, Schema, TopicWire } from '../topic.js'
import type { Wire } from '../wire-schema.js'
import { type Definition, definitionOf, verbs } from './definition.js'
import { fingerprint } from './fingerprint.js'
import { defaults, guaranteesOf, type Refuse } from './guarantees.js'
import { parsePath } from './path.js'
import { prepareWire } from './prepare-wire.js'

const nameRule = /^[a-z][A-Za-z0-9-]*$/
const errorNameRule = /^[A-Za-z][A-Za-z0-9]*$/
const maxNameLength = 100

/** One prepared schema per schema object: contracts share schemas between topics. */
type WireCache = Map<Schema, Wire>

/**
 * Names a set of topics: the topic `landed` of contract `airport` is `airport.landed` on every wire. Gives frozen
 * topics. Throws CONTRACT_INVALID for bad names, INVALID_OPTION for bad options and SCHEMA_UNSUPPORTED for schemas
 * whose values cannot travel.
 */
export function contract<const Topics extends Readonly<Record<string, AnyTopic>>>(
  name: string,
  topics: Topics,
): Contract<Topics> {
  checkName(`Contract ${JSON.stringify(name)}`, name)
  const cache: WireCache = new Map()
  const bound = Object.entries(topics).map(([key, topic]) => {
    checkName(`Contract "${name}": topic ${JSON.stringify(key)}`, key)
    const definition = definitionOf(topic)
    if (definition === undefined) {
      throw new BusError(
        'CONTRACT_INVALID',
        `Contract "${name}": topic "${key}" is not made by event(), queue(), request(), stream() or pair(), or it belongs to another contract already.`,
      )
    }
    return [key, bind(`${name}.${key}`, definition, cache)] as const
  })
  // Every value was made from the definition under its key, whose type says the same.
  return Object.freeze(Object.fromEntries(bound)) as Contract<Topics>
}

function checkName(what: string, name: unknown): void {
  if (typeof name !== 'string' || !nameRule.test(name) || name.length > maxNameLength) {
    throw new BusError(
      'CONTRACT_INVALID',
      `${what}: a name begins with a lower-case letter and has letters, digits and "-", at most ${maxNameLength} in all.`,
    )
  }
}

function bind(name: string, definition: Definition, cache: WireCache): AnyTopic {
  const { kind, options, definedAt } = definition
  const refuse: Refuse = (code, problem) => {
    const place = definedAt === undefined ? '' : ` (${definedAt})`
    throw new BusError(code, `${name}${place}: ${problem}.`, { details: { topic: name, definedAt } })
  }
  const wireOf = (schema: Schema, part: string): Wire => {
    const known = cache.get(schema)
    if (known !== undefined) return known
    const wire = prepareWire(schema, part, refuse)
    cache.set(schema, wire)
    return wire
  }
  const guarantees = guaranteesOf(kind, options, refuse)
  const params = typeof options.path === 'string' ? parsePath(options.path) : []
  if (typeof params === 'string') return refuse('INVALID_OPTION', `path ${params}`)
  const wire: TopicWire = Object.freeze({
    input: wireOf(definition.input, kind === 'request' ? 'input' : kind === 'pair' ? 'dialer' : 'payload'),
    output:
      definition.output === undefined
        ? undefined
        : wireOf(definition.output, kind === 'request' ? 'output' : 'accepter'),
    errors: errorWires(definition.errors, wireOf, refuse),
    // The factories type `key` on the input of the same schema; guaranteesOf has checked that it is a function.
    keyOf: options.key as TopicWire['keyOf'],
    timeoutMs: typeof options.timeoutMs === 'number' ? options.timeoutMs : defaults.timeoutMs,
    definedAt,
  })
  const plan = { name, kind, params, guarantees }
  const channel: Channel = Object.freeze({ ...plan, fingerprint: fingerprint(plan, wire) })
  return Object.freeze({ verbs: verbs[kind], kind, name, channel, wire })
}

function errorWires(
  errors: Readonly<Record<string, Schema>>,
  wireOf: (schema: Schema, part: string) => Wire,
  refuse: Refuse,
): ReadonlyMap<string, Wire> {
  return new Map(
    Object.entries(errors).map(([name, schema]) => {
      if (!errorNameRule.test(name))
        refuse('CONTRACT_INVALID', `error name ${JSON.stringify(name)} must be letters and digits`)
      return [name, wireOf(schema, `errors.${name}`)]
    }),
  )
}
