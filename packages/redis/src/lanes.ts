/** Where requests and pairs travel: Pub/Sub from link to link, and a list of those who serve. */

import { type Lanes, type OnOpening, packFrame, unpackFrame } from '@busbar/adapter'
import { type AcceptRequest, BusError, type Channel } from 'busbar/transport'
import type { Link } from './link.js'
import { numberIn } from './replies.js'
import { enlist, offer } from './scripts/managing.js'

export interface RedisLanes extends Lanes {
  /** After a cut: puts what is served on the lists again. */
  onBack(): Promise<void>
}

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
      const heard = numberIn(await link.connection.command(['PUBLISH', inbox, framed(0, packFrame(frame))]))
      return heard === 0 ? 'nobody' : undefined
    },
    async offer(channel: Channel, address, frame) {
      const taken = await link.runOnce(offer, channel, [address, packFrame(frame)])
      return numberIn(taken) === 0 ? 'nobody' : 'offered'
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
