/** The link of a worker: credit as it is granted, on a fresh session before the tables of the old one are full. */

import type { Clock } from 'busbar/transport'
import type { EventContext, Receiver } from 'rhea'
import { leaveUndecoded } from './undecoded.js'
import { sessionDeliveries, type Wire } from './wire.js'
import { written } from './written.js'

export interface WorkerLink {
  readonly isUp: boolean
  /**
   * So many may be under way from the broker, those included that are. Fewer than `worthwhile` more are granted with
   * later ones, unless nothing is under way.
   */
  grant(credit: number, worthwhile: number): void
  /** Nothing more is wanted. */
  stop(): void
  /** Resolves when what was settled is on the broker's disk; rejects with DISCONNECTED when nobody can say so. */
  written(clock: Clock): Promise<void>
  /** Resolves when the broker has what was settled. */
  close(): Promise<void>
}

interface Handlers {
  onMessage(link: WorkerLink, context: EventContext): void
  /** The broker ended the link, or refused it when it was to be renewed. */
  onRefused(): void
}

/** rhea forgets settled deliveries only from the oldest on, so one that is held for long would fill its table. */
const deliveriesPerSession = sessionDeliveries / 2

export async function openWorkerLink(wire: Wire, source: string, handlers: Handlers): Promise<WorkerLink> {
  let isStopped = false
  let renewing = false
  let wanted = 0
  const former = new Set<Receiver>()

  const open = async (): Promise<Receiver> => {
    const options = { source: { address: source }, credit_window: 0, autoaccept: false }
    const receiver = await wire.openReceiver(options, `Consuming "${source}"`)
    leaveUndecoded(receiver)
    receiver.on('message', (context: EventContext) => handlers.onMessage(link, context))
    const ended = (): void => {
      if (receiver === current && !isStopped && wire.isUp) handlers.onRefused()
    }
    receiver.on('receiver_error', ended)
    receiver.on('receiver_close', ended)
    return receiver
  }
  const renew = async (): Promise<void> => {
    renewing = true
    try {
      const fresh = await open()
      // Not the latest: what was settled on it is asked for when this link is closed.
      for (const receiver of former) {
        if (deliveriesOf(receiver) > 0 || creditOf(receiver) > 0) continue
        former.delete(receiver)
        void wire.closeLink(receiver)
      }
      former.add(current)
      current = fresh
      renewing = false
      link.grant(wanted, 0)
    } catch {
      if (wire.isUp && !isStopped) handlers.onRefused()
    }
  }
  const link: WorkerLink = {
    get isUp() {
      return wire.isUp
    },
    grant(credit, worthwhile) {
      wanted = credit
      if (isStopped || renewing) return
      const underWay = creditOf(current)
      const more = credit - underWay
      if (more <= 0 || (more < worthwhile && underWay > 0)) return
      if (deliveriesOf(current) + more > deliveriesPerSession) void renew()
      else current.add_credit(more)
    },
    stop() {
      isStopped = true
    },
    async written(clock) {
      await Promise.all([current, ...former].map((receiver) => written(wire, receiver, clock)))
    },
    async close() {
      isStopped = true
      await Promise.all([current, ...former].map((receiver) => wire.closeLink(receiver)))
    },
  }
  let current = await open()
  return link
}

/** What was granted and did not come yet: counted by rhea, but not in its types. */
function creditOf(receiver: Receiver): number {
  return (receiver as Receiver & { readonly credit: number }).credit
}

/** Deliveries that rhea still keeps for the session. */
function deliveriesOf({ session }: Receiver): number {
  const { incoming } = session as typeof session & {
    readonly incoming: { readonly deliveries: { readonly size: number } }
  }
  return incoming.deliveries.size
}
