/** The context of one delivery of an event, a queue message or a stream record. */

import type { Settlement, StreamContext } from '../context.js'
import { BusError } from '../errors.js'
import type { Delivery } from '../transport.js'
import type { Core } from './core.js'
import type { KnownTopic } from './known-topics.js'
import { MessageContext } from './message-context.js'
import { dropped, rejected, retrying } from './settlement.js'

export class DeliveryContext extends MessageContext implements StreamContext<string> {
  constructor(
    core: Core,
    known: KnownTopic,
    private readonly delivery: Delivery,
  ) {
    super(core, known, delivery.message)
  }

  get attempt(): number {
    return this.delivery.attempt
  }

  get acquired(): number {
    return this.delivery.acquired ?? this.delivery.attempt
  }

  /** Of stream records; events and queues have no type that shows it. */
  get offset(): number {
    return this.delivery.offset ?? -1
  }

  retry(options?: { readonly afterMs?: number; readonly reason?: string }): Settlement {
    return retrying(options)
  }

  reject(reason: string): Settlement {
    return rejected(reason)
  }

  drop(): Settlement {
    return dropped
  }

  protected override watch(): void {
    const { channel } = this.known
    this.delivery.onLost(() =>
      this.cancel(
        new BusError('LEASE_LOST', `The claim on message ${this.id} of "${channel.name}" was lost.`, {
          details: { topic: channel.name, id: this.id },
        }),
      ),
    )
  }
}
