/** Fingerprints: one short name for everything that a topic promises, equal in every build that promises the same. */

import type { Channel } from '../channel.js'
import type { AnyTopic, TopicWire } from '../topic.js'
import type { Wire } from '../wire-schema.js'
import { canonicalJson, canonicalSchema } from './canonical-schema.js'
import { fnv1a64 } from './fnv1a64.js'

const schemaOf = (wire: Wire | undefined): unknown => (wire === undefined ? null : canonicalSchema(wire.json))

/** Of one topic: its name, kind, path, guarantees and the wire form of its schemas. */
export function fingerprint(plan: Omit<Channel, 'fingerprint'>, wire: TopicWire): string {
  return fnv1a64(
    canonicalJson({
      ...plan,
      input: schemaOf(wire.input),
      output: schemaOf(wire.output),
      errors: Object.fromEntries([...wire.errors].map(([name, error]) => [name, schemaOf(error)])),
    }),
  )
}

/** Of a whole contract: changes when any of its topics does. */
export function contractFingerprint(contract: Readonly<Record<string, AnyTopic>>): string {
  return fnv1a64(
    canonicalJson(
      Object.values(contract)
        .map((topic) => `${topic.name} ${topic.channel.fingerprint}`)
        .sort(),
    ),
  )
}
