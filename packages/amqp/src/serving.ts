/** Serves openings of a channel: one queue for each pattern, which is gone with the last who serves it. */

import type { OnOpening, Serving } from '@busbar/adapter'
import { type AcceptRequest, BusError, type BusErrorCode, type Host } from 'busbar/transport'
import type { EventContext, Receiver } from 'rhea'
import { readFrame } from './frames.js'
import type { Tenant } from './line.js'
import type { Management } from './management.js'
import { addressOf, qualified, selectorOf, servingQueueOf } from './names.js'
import type { Settings } from './options.js'
import type { Wire } from './wire.js'

export interface ServerOptions {
  readonly host: Host
  readonly settings: Settings
  readonly request: AcceptRequest
  readonly onOpening: OnOpening
  readonly managementOn: (wire: Wire) => Promise<Management>
}

/** Openings that may be under way to this link at a time. */
const maxCredit = 100
/** How long the broker may still hold the place of a link that was cut, in ms. */
const staleMs = 10_000
const pauseMs = 100

export class Server implements Tenant, Serving {
  readonly ended: Promise<BusErrorCode>
  private tellEnd: (why: BusErrorCode) => void = () => {}
  private on: { readonly wire: Wire; readonly receiver: Receiver } | undefined
  private isStopped = false

  constructor(private readonly options: ServerOptions) {
    this.ended = new Promise((resolve) => {
      this.tellEnd = resolve
    })
  }

  /** Comes back after a cut; a place that seems taken then may be the one of this link before. */
  async onUp(wire: Wire): Promise<void> {
    const { clock } = this.options.host
    const deadline = clock.monotonic() + staleMs
    for (;;) {
      try {
        return await this.listen(wire)
      } catch (error) {
        if (!wire.isUp) return
        if (clock.monotonic() > deadline)
          return this.tellEnd(error instanceof BusError ? error.code : 'INTERNAL')
      }
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve, { keepAlive: true }))
    }
  }

  onDown(): void {
    this.on = undefined
  }

  onLost({ code }: BusError): void {
    this.tellEnd(code)
  }

  async stop(): Promise<void> {
    this.isStopped = true
    const { on } = this
    this.on = undefined
    if (on === undefined) return
    await on.wire.closeLink(on.receiver)
    if (!on.wire.isUp) return
    const management = await this.options.managementOn(on.wire)
    // Refused while others serve it.
    await management.call('broker', 'destroyQueue', this.queue, false, false).catch(() => {})
  }

  /** Rejects with PAIR_TAKEN when somebody else has the only place. */
  async listen(wire: Wire): Promise<void> {
    const { request, settings, managementOn } = this.options
    const { channel, pattern, concurrency } = request
    const address = addressOf(settings, channel)
    const filter = selectorOf(channel, pattern)
    const configuration = {
      ...{ name: this.queue, address, durable: false, 'routing-type': 'ANYCAST' },
      ...{ 'auto-delete': true, 'auto-delete-delay': 0, 'auto-delete-message-count': -1 },
      ...(filter !== undefined && { 'filter-string': filter }),
      ...(channel.kind === 'pair' && { 'max-consumers': 1 }),
      'auto-create-address': true,
    }
    const management = await managementOn(wire)
    await management.call('broker', 'createQueue', JSON.stringify(configuration), true)
    const receiver = await this.attach(wire, qualified(address, this.queue))
    if (this.isStopped) return wire.closeLink(receiver)
    this.on = { wire, receiver }
    receiver.on('message', (context: EventContext) => void this.take(receiver, context))
    receiver.add_credit(Math.min(concurrency, maxCredit))
  }

  private get queue(): string {
    const { settings, request } = this.options
    return servingQueueOf(settings, request.channel, request.pattern)
  }

  private async attach(wire: Wire, source: string): Promise<Receiver> {
    const { kind, name } = this.options.request.channel
    try {
      const options = { source: { address: source }, credit_window: 0, autoaccept: false }
      return await wire.openReceiver(options, `Serving "${name}"`)
    } catch (error) {
      if (kind !== 'pair' || !/AMQ229200|Maximum Consumer/i.test(String(error))) throw error
      throw new BusError('PAIR_TAKEN', `"${name}" is served by somebody else.`, {
        outcome: 'rejected',
        cause: error,
      })
    }
  }

  private async take(receiver: Receiver, { message, delivery }: EventContext): Promise<void> {
    if (message === undefined || delivery === undefined) return
    if (this.isStopped) {
      delivery.release()
      return
    }
    // Not again, whatever becomes of it: a request may not be served twice.
    delivery.accept()
    const { name } = this.options.request.channel
    const subject: unknown = message.subject
    await this.options.onOpening(
      readFrame(message),
      typeof subject === 'string' ? `${name}.${subject}` : name,
    )
    if (receiver === this.on?.receiver) receiver.add_credit(1)
  }
}
