/** The one channel of an inbox's store; only its name is of use. */

import { BusError, type Channel, type Store } from 'busbar/transport'

export const inboxChannel: Channel = {
  // A topic of a contract has a dot and no "$".
  name: '$inbox',
  kind: 'queue',
  params: [],
  fingerprint: 'inbox',
  guarantees: {
    tracked: true,
    retry: { attempts: 1, backoff: 'fixed', initialMs: 0, maxMs: 0 },
    leaseMs: 0,
    ordered: false,
    priority: false,
    ttlMs: undefined,
    dedupeMs: undefined,
    maxBytes: 0,
    durable: true,
    keepMs: undefined,
    keepCount: undefined,
    keepBytes: undefined,
    streamed: false,
  },
}

/** STORE_UNUSABLE for the directory of a hub or of `memory({ store })`: each keeps its own. */
export function requireInbox(store: Store, dir: string): void {
  const other = store.channels.find(({ name }) => name !== inboxChannel.name)
  if (other === undefined) return
  throw new BusError(
    'STORE_UNUSABLE',
    `${dir} cannot be used: it keeps the topic "${other.name}", and an inbox needs a directory of its own.`,
    { details: { dir } },
  )
}
