/** The context of one request or pair: deadline and typed failure besides the facts of its message. */

import type { ExchangeContext, Settlement } from '../context.js'
import type { Message } from '../transport.js'
import type { Core } from './core.js'
import type { KnownTopic } from './known-topics.js'
import { MessageContext } from './message-context.js'
import { failing } from './settlement.js'

type AnyErrors = Readonly<Record<string, unknown>>

export class CallContext extends MessageContext implements ExchangeContext<string, AnyErrors> {
  private readonly deadline: number | undefined

  constructor(core: Core, known: KnownTopic, message: Message, timeoutMs: number | undefined) {
    super(core, known, message)
    this.deadline = timeoutMs === undefined ? undefined : core.clock.monotonic() + timeoutMs
  }

  get remainingMs(): number | undefined {
    if (this.deadline === undefined) return undefined
    return Math.max(0, this.deadline - this.core.clock.monotonic())
  }

  fail(name: string, data: unknown): Settlement {
    return failing(name, data)
  }

  protected override watch(): void {
    // Whoever holds the exchange calls cancel() when the other side is gone.
  }
}
