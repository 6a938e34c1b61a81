/** Everything a connection may do once it is ready: one handler per frame type. */

import { frameType, readsAcquired, resumePairs } from '@busbar/protocol'
import type { Channel } from 'busbar/transport'
import type { Core } from '../core.js'
import type { Connection, Handle, Subscription } from './connection.js'
import { ack, consume, credit, extend, settle } from './consuming.js'
import { accept, addWindow, close, open, part, resume } from './exchanging.js'
import type { Entered } from './handshake.js'
import { declare, manage } from './managing.js'
import type { Outbox } from './outbox.js'
import { createPublishing } from './publishing.js'
import { leave, stop } from './stopping.js'

export interface ReadyRoom {
  readonly connection: Connection
  /** By frame type; holes are types that a client may not send. */
  readonly handlers: readonly (Handle | undefined)[]
  /** Claims, exchanges and publishes that are not finished. */
  readonly open: number
  flush(): void
  drain(): void
  /** The connection is gone: everything goes back, but for the pairs of a client that may return. */
  abandon(how: { readonly mayReturn: boolean; readonly failed: boolean }): void
}

export function createReadyRoom(
  core: Core,
  number: number,
  outbox: Outbox,
  { principal, kept, hello }: Entered,
  settled: () => void,
): ReadyRoom {
  const connection: Connection = {
    core,
    number,
    principal,
    outbox,
    channels: new Map<number, Channel>(),
    subscriptions: new Map<number, Subscription>(),
    exchanges: kept.exchanges,
    readsAcquired: hello.features.includes(readsAcquired),
    draining: false,
    settled,
  }
  kept.exchanges.join(outbox, hello.features.includes(resumePairs))
  kept.answers.join(outbox, settled)
  const handlers: (Handle | undefined)[] = []
  const on = (type: number, handle: Handle): void => {
    handlers[type] = handle
  }
  on(frameType.publish, createPublishing(connection, kept))
  for (const [type, handle] of [
    [frameType.declare, declare],
    [frameType.manage, manage],
    [frameType.consume, consume],
    [frameType.credit, credit],
    [frameType.ack, ack],
    [frameType.settle, settle],
    [frameType.extend, extend],
    [frameType.accept, accept],
    [frameType.open, open],
    [frameType.part, part],
    [frameType.window, addWindow],
    [frameType.close, close],
    [frameType.resume, resume],
    [frameType.stop, stop],
    [frameType.leave, leave],
  ] as const) {
    on(type, (body, flags) => handle(connection, body, flags))
  }
  return {
    connection,
    handlers,
    get open() {
      let open = connection.exchanges.ends.size + kept.answers.open
      for (const subscription of connection.subscriptions.values()) open += subscription.claims
      return open
    },
    flush: () => kept.answers.flush(),
    drain() {
      connection.draining = true
      for (const subscription of connection.subscriptions.values()) subscription.stop(undefined)
    },
    abandon({ mayReturn, failed }) {
      kept.answers.leave(outbox)
      connection.exchanges.leave(mayReturn && connection.exchanges.keepsPairs)
      const subscriptions = [...connection.subscriptions.values()]
      connection.subscriptions.clear()
      for (const subscription of subscriptions) subscription.leave({ failed })
    },
  }
}
