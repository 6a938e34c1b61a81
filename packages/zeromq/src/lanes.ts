/** Where requests and pairs travel: pushed from link to link, to those whom the directory names. */

import { type Lanes, unpackFrame } from '@busbar/adapter'
import type { BusErrorCode } from 'busbar/transport'
import type { Link } from './link.js'
import type { Membership } from './membership.js'
import { Openings } from './openings.js'

/** How long openings may still be on their way to one who serves no more, in ms. */
const lateMs = 10_000

/** What a link said last may come after the directory has said that it is gone, by so many ms. */
const overtakingMs = 500

export interface ZeromqLanes extends Lanes {
  /** Others serve as pairs what these entries did. */
  taken(numbers: readonly number[]): void
}

export function createLanes(link: Link, membership: Membership): ZeromqLanes {
  const openings = new Openings()
  link.onGone = (name) => {
    link.host.clock.after(overtakingMs, () => {
      for (const frame of openings.lost(name)) link.onFrame(frame)
    })
  }
  const ends = new Map<number, (why: BusErrorCode) => void>()
  return {
    inbox: link.name,
    async send(inbox, frame) {
      return (await link.send(inbox, [], frame)) ? undefined : 'nobody'
    },
    async offer(channel, address, frame) {
      const server = link.serverOf(channel.name, address)
      if (server === undefined) return 'nobody'
      openings.record(frame, server.link)
      return (await link.send(server.link, [server.number], frame)) ? 'offered' : 'nobody'
    },
    async serve({ channel, pattern }, onOpening) {
      const number = link.nextNumber()
      link.listen(number, (frame) => void onOpening(unpackFrame(frame)))
      try {
        await membership.add({ number, channel: channel.name, kind: channel.kind, pattern })
      } catch (error) {
        link.unlisten(number)
        throw error
      }
      const ended = new Promise<BusErrorCode>((resolve) => ends.set(number, resolve))
      return {
        ended,
        async stop() {
          ends.delete(number)
          await membership.remove(number)
          // Who comes too late hears that somebody else must be asked.
          link.host.clock.after(lateMs, () => link.unlisten(number))
        },
      }
    },
    taken(numbers) {
      for (const number of numbers) ends.get(number)?.('PAIR_TAKEN')
    },
  }
}
