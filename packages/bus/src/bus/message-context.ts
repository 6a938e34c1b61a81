/** What a handler gets besides the value: cheap to make, since everything in it is read from the message on demand. */

import { paramsOf } from '../contract/address.js'
import type { BusError } from '../errors.js'
import type { Headers, Message } from '../transport.js'
import type { CarriedVerbs, Core } from './core.js'
import type { KnownTopic } from './known-topics.js'

const noParams: Readonly<Record<string, string>> = Object.freeze({})

/** Facts and verbs common to deliveries and exchanges. A class, since getters on a prototype cost nothing per message. */
export abstract class MessageContext {
  private carried: CarriedVerbs | undefined
  private controller: AbortController | undefined
  private lost: BusError | undefined
  private isReleased = false

  constructor(
    protected readonly core: Core,
    protected readonly known: KnownTopic,
    protected readonly message: Message,
  ) {}

  get id(): string {
    return this.message.id
  }

  get topic(): string {
    return this.known.channel.name
  }

  get key(): string | undefined {
    return this.message.key
  }

  get headers(): Headers {
    return this.message.headers
  }

  get time(): number {
    return this.message.time
  }

  get params(): Readonly<Record<string, string>> {
    const { channel } = this.known
    return channel.params.length === 0 ? noParams : paramsOf(channel, this.message.address)
  }

  get source(): string {
    return this.message.headers.source ?? ''
  }

  get correlationId(): string {
    return this.message.headers.correlationid ?? this.message.id
  }

  /** Made when it is first read: most handlers never look. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      // The bus would hold the controller of a handler that has returned until it closes.
      this.controller = this.isReleased ? new AbortController() : this.core.door.controller()
      if (this.lost === undefined) this.watch()
      else this.controller.abort(this.lost)
    }
    return this.controller.signal
  }

  get publish(): CarriedVerbs['publish'] {
    return this.carrying().publish
  }

  get send(): CarriedVerbs['send'] {
    return this.carrying().send
  }

  get append(): CarriedVerbs['append'] {
    return this.carrying().append
  }

  get request(): CarriedVerbs['request'] {
    return this.carrying().request
  }

  /** The handler is done; nobody hears of this context again. */
  release(): void {
    this.isReleased = true
    if (this.controller !== undefined) this.core.door.forget(this.controller)
  }

  get isCancelled(): boolean {
    return this.lost !== undefined
  }

  /** The work on the message has become pointless. */
  cancel(reason: BusError): void {
    this.lost ??= reason
    this.controller?.abort(reason)
  }

  /** Called once, when somebody looks at the signal for the first time. */
  protected abstract watch(): void

  private carrying(): CarriedVerbs {
    this.carried ??= this.core.causedBy(this.message)
    return this.carried
  }
}
