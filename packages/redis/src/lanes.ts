/** Where requests and pairs travel: Pub/Sub from link to link, and a list of those who serve. */

import { type Lanes, type OnOpening, packFrame, unpackFrame } from '@busbar/adapter'
import { type AcceptRequest, BusError, type Channel, isBusError } from 'busbar/transport'
import type { Link } from './link.js'
import { listIn, numberIn } from './replies.js'
import { enlist, offer } from './scripts/managing.js'

export interface RedisLanes extends Lanes {
  /** After a cut: puts what is served on the lists again. */
  onBack(): Promise<void>
}

/** How long a link may be away until those who send to it take it for gone, in ms. */
const graceMs = 2_000

export function createLanes(link: Link): RedisLanes {
  const served = new Set<() => Promise<void>>()

  async function enter(request: AcceptRequest, number: number, isHere: boolean): Promise<void> {
    const { channel, pattern } = request
    const facts = isHere ? JSON.stringify({ pattern, link: link.name, number }) : ''
    const alone = channel.kind === 'pair' ? 'alone' : ''
    const args = ['servers', `${link.name}/${number}`, facts, alone]
    if (numberIn(await link.run(enlist, channel, args)) === 1) return
    throw new BusError('PAIR_TAKEN', `Somebody else serves "${pattern}".`, { outcome: 'rejected' })
  }

  return {
    inbox: link.name,
    async send(inbox, frame) {
      const { connection } = link
      try {
        if (numberIn(await connection.command(['PUBLISH', inbox, framed(0, packFrame(frame))])) > 0)
          return undefined
        // A link that is cut is away for a moment; it asks for what it missed when it is back.
        await new Promise<void>((resolve) => void link.host.clock.after(graceMs, resolve))
        const there = listIn(await connection.command(['PUBSUB', 'NUMSUB', inbox]))
        return numberIn(there[1]) === 0 ? 'nobody' : undefined
      } catch (error) {
        // It may be lost; those who wait for it ask again when the link is back.
        if (isBusError(error, 'DISCONNECTED') || isBusError(error, 'CLOSED')) return undefined
        throw error
      }
    },
    async offer(channel: Channel, address, frame) {
      try {
        const taken = await link.runOnce(offer, channel, [address, packFrame(frame)])
        return numberIn(taken) === 0 ? 'nobody' : 'offered'
      } catch (error) {
        // Nobody can tell; the exchange finds out when the link is back.
        if (isBusError(error, 'DISCONNECTED')) return 'offered'
        throw error
      }
    },
    async serve(request, onOpening: OnOpening) {
      const number = link.nextNumber()
      link.listen(number, (data) => void onOpening(unpackFrame(data)))
      const again = (): Promise<void> => enter(request, number, true)
      try {
        await again()
      } catch (error) {
        link.unlisten(number)
        throw error
      }
      served.add(again)
      return {
        async stop() {
          served.delete(again)
          if (link.connection.isUp) await enter(request, number, false)
          link.unlisten(number)
        },
      }
    },
    async onBack() {
      // Whose place was taken meanwhile serves no more; those who open hear so from the one who has it.
      await Promise.allSettled([...served].map((again) => again()))
    },
  }
}

/** As the link's channel wants it: for whom, and what. */
function framed(number: number, packed: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${number}\n`), packed])
}
