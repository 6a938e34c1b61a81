/** The queue in which a link hears from its exchanges. */

import type { Frame } from '@busbar/adapter'
import type { Clock } from 'busbar/transport'
import type { EventContext, Receiver } from 'rhea'
import type { Tenant } from './line.js'
import type { Management } from './management.js'
import type { Wire } from './wire.js'

export interface Inbox extends Tenant {
  readonly name: string
  /** Makes it and listens; at once when that was done. */
  ensure(wire: Wire): Promise<void>
  remove(): Promise<void>
}

export interface InboxOptions {
  readonly name: string
  readonly clock: Clock
  /** Stands for all inboxes. */
  readonly allNames: string
  readonly managementOn: (wire: Wire) => Promise<Management>
  readonly onFrame: (frame: Frame) => void
  /** The broker has lost it, as it does when it starts anew. */
  readonly onForgotten: () => void
  readonly read: (message: NonNullable<EventContext['message']>) => Frame
}

/** Frames wait for so long while the link is cut; after that, and after a crash, the broker removes the queue. */
const spareMs = 60_000
const creditWindow = 500
/** How long the broker may still hold the place of this link before a cut, in ms. */
const staleMs = 10_000
const pauseMs = 50

export function createInbox(options: InboxOptions): Inbox {
  const { name, allNames, clock, managementOn, onFrame, onForgotten, read } = options
  let wasMade = false
  let on: { readonly wire: Wire; readonly listening: Promise<void> } | undefined

  async function listen(wire: Wire): Promise<void> {
    const management = await managementOn(wire)
    if (wasMade && !(await exists(management, name))) onForgotten()
    // Whoever sends to an inbox that is gone is to hear so.
    const strict = { autoCreateQueues: false, autoCreateAddresses: false }
    await management.call('broker', 'addAddressSettings', allNames, JSON.stringify(strict))
    const configuration = {
      ...{ name, address: name, durable: false, 'routing-type': 'ANYCAST', 'max-consumers': 1 },
      ...{ 'auto-delete': true, 'auto-delete-delay': spareMs, 'auto-delete-message-count': -1 },
      'auto-create-address': true,
    }
    await management.call('broker', 'createQueue', JSON.stringify(configuration), true)
    wasMade = true
    const receiver = await attach(wire)
    receiver.on('message', ({ message }: EventContext) => {
      if (message !== undefined) onFrame(read(message))
    })
  }

  /** There is one place, so that no frame goes to a link that is dead already. */
  async function attach(wire: Wire): Promise<Receiver> {
    const deadline = clock.monotonic() + staleMs
    const link = { credit_window: creditWindow, autoaccept: true, snd_settle_mode: 1 } as const
    for (;;) {
      try {
        return await wire.openReceiver({ ...link, source: { address: name } }, `Listening at "${name}"`)
      } catch (error) {
        if (!wire.isUp || clock.monotonic() > deadline) throw error
      }
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve, { keepAlive: true }))
    }
  }

  const ensure = (wire: Wire): Promise<void> => {
    if (on?.wire !== wire) {
      const listening = listen(wire)
      on = { wire, listening }
      listening.catch(() => {
        on = undefined
      })
    }
    return on.listening
  }

  return {
    name,
    ensure,
    onUp: async (wire) => (wasMade ? ensure(wire) : undefined),
    onDown() {
      on = undefined
    },
    onLost() {},
    async remove() {
      if (on === undefined || !on.wire.isUp) return
      const management = await managementOn(on.wire)
      // What cannot be removed now, the broker removes when its time has come.
      await management.call('broker', 'destroyQueue', name, true, true).catch(() => {})
    },
  }
}

async function exists(management: Management, name: string): Promise<boolean> {
  const filter = JSON.stringify({ field: 'name', operation: 'EQUALS', value: name })
  const found: unknown = JSON.parse(String(await management.call('broker', 'listQueues', filter, 1, 1)))
  return typeof found === 'object' && found !== null && Number(Reflect.get(found, 'count')) > 0
}
