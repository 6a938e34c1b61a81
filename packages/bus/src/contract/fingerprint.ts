/** Fingerprints: one short name for everything that a topic promises, equal in every build that promises the same. */

import { sha256 } from '@noble/hashes/sha2.js'
import type { Channel } from '../channel.js'
import type { AnyTopic, TopicWire } from '../topic.js'
import type { Wire } from '../wire-schema.js'
import { canonicalJson, canonicalSchema } from './canonical-schema.js'

const utf8 = new TextEncoder()

/**
 * The first 64 bits of SHA-256 as 16 hex digits. A cryptographic hash, because hubs keep schemas under the
 * fingerprint that clients announce, and no client should be able to aim at somebody else's; a library, because the
 * platform's own one is asynchronous and a contract is defined at module load.
 */
function digest(text: string): string {
  return Array.from(sha256(utf8.encode(text)).subarray(0, 8), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}

const schemaOf = (wire: Wire | undefined): unknown => (wire === undefined ? null : canonicalSchema(wire.json))

/** Of one topic: its name, kind, path, guarantees and the wire form of its schemas. */
export function fingerprint(plan: Omit<Channel, 'fingerprint'>, wire: TopicWire): string {
  return digest(
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
  return digest(
    canonicalJson(
      Object.values(contract)
        .map((topic) => `${topic.name} ${topic.channel.fingerprint}`)
        .sort(),
    ),
  )
}
