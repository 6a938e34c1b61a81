/** Hotline: the follow-me car. One call at a time; whoever dials in between hears that the line is taken. */

import { airport, pause, type Service, tallied } from '@airport/contracts'
import { isBusError } from 'busbar'

const vehicle = 'follow-me'
const intrudeEveryMs = 7_000

export const hotline: Service = async (bus, world) => {
  const { clock, random, signal } = world
  const tally = await tallied(bus, world)

  await bus.accept(
    airport.hotline,
    async (line) => {
      for await (const { say } of line) {
        await pause({ clock, signal }, 300 + random() * 400)
        await line.send({ say: `${say}: rolling` })
        await pause({ clock, signal }, 400 + random() * 600)
        await line.send({ say: `${say}: in position` })
        tally.count('calls')
        await line.close()
      }
    },
    { where: { vehicle } },
  )

  /** Somebody who has no business there: shows that an exclusive pair stays exclusive. */
  const intrude = async (): Promise<void> => {
    while (!signal.aborted) {
      await pause({ clock, signal }, intrudeEveryMs * (0.5 + random()))
      if (signal.aborted) return
      try {
        const line = await bus.dial(airport.hotline, { params: { vehicle }, timeoutMs: 500 })
        await line.close()
        tally.count('intrusions')
      } catch (error) {
        if (!isBusError(error, 'PAIR_TAKEN')) continue
        tally.count('turnedAway')
        await bus.publish(airport.call, {
          vehicle,
          from: 'intruder',
          say: 'anybody there?',
          state: 'refused',
        })
      }
    }
  }
  intrude().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
