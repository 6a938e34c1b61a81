/** Stops the traffic and waits until every plane has landed and every bag is at an end. */

import { airport } from '@airport/contracts'
import { type Bus, type Clock, isBusError } from 'busbar'

const lookEveryMs = 100

const sleep = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve, { keepAlive: true })
  })

const tally = async (bus: Bus, service: string): Promise<Readonly<Record<string, number>>> => {
  try {
    return await bus.request(airport.tally, {}, { params: { service } })
  } catch (error) {
    if (isBusError(error, 'NO_RESPONDER') || isBusError(error, 'DISCONNECTED')) return {}
    throw error
  }
}

/** True once nothing moves any more; false when that took longer than `patienceMs`. */
export async function comeToRest(bus: Bus, clock: Clock, patienceMs: number): Promise<boolean> {
  await bus.request(airport.traffic, { flowing: false })
  const deadline = clock.monotonic() + patienceMs
  let radarBefore = -1
  while (clock.monotonic() < deadline) {
    await sleep(clock, lookEveryMs)
    const [airlines, tower, board, radar, hotline] = [
      await tally(bus, 'airlines'),
      await tally(bus, 'tower'),
      await tally(bus, 'board'),
      await tally(bus, 'radar'),
      await tally(bus, 'hotline'),
    ]
    const belt = await bus.inspect(airport.moveBag)
    const announced = airlines.approaches ?? 0
    const calls = (tower.calls ?? 0) + (tower.callsFailed ?? 0)
    const landed = tower.landed === announced && board.landed === announced && airlines.unloaded === announced
    const radarStill = radar.appended === radarBefore
    radarBefore = radar.appended ?? 0
    const quiet = belt.ready + belt.leased + belt.delayed === 0 && calls === announced
    if (landed && quiet && radarStill && tower.calls === hotline.calls) return true
  }
  return false
}
