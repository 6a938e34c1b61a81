/** Stops the traffic and waits until every plane has landed and every bag is at an end. */

import { airport } from '@airport/contracts'
import { type Bus, type Clock, isBusError } from 'busbar'
import { countsOf } from './counts-of.js'
import { readCustody } from './custody.js'

const lookEveryMs = 100

const sleep = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve, { keepAlive: true })
  })

/** Undefined while the hub, or whoever would answer, is on its way back after a crash. */
const answerOf = async <T>(question: Promise<T>): Promise<T | undefined> => {
  try {
    return await question
  } catch (error) {
    if (isBusError(error, 'NO_RESPONDER') || isBusError(error, 'DISCONNECTED')) return undefined
    throw error
  }
}

/** Whether everything that was sent on these has been handled. */
async function handled(bus: Bus): Promise<boolean> {
  for (const topic of [airport.approach, airport.landed, airport.departed, airport.moveBag]) {
    const state = await countsOf(bus, topic)
    if (state !== undefined && state.ready + state.leased + state.delayed > 0) return false
  }
  // Where the wire does not count, the record of the bags does.
  return (await countsOf(bus, airport.moveBag)) !== undefined || (await readCustody(bus)).missing.length === 0
}

/** True once nothing moves any more; false when that took longer than `patienceMs`. */
export async function comeToRest(
  bus: Bus,
  workers: readonly string[],
  clock: Clock,
  patienceMs: number,
): Promise<boolean> {
  const deadline = clock.monotonic() + patienceMs
  let isStopped = false
  let radarBefore = -1
  while (clock.monotonic() < deadline) {
    await sleep(clock, lookEveryMs)
    isStopped ||= (await answerOf(bus.request(airport.traffic, { flowing: false }))) !== undefined
    if (!isStopped) continue
    const tallies = new Map<string, Readonly<Record<string, number>>>()
    for (const service of workers) {
      const tally = await answerOf(bus.request(airport.tally, {}, { params: { service } }))
      if (tally !== undefined) tallies.set(service, tally)
    }
    const of = (service: string, what: string): number => tallies.get(service)?.[what] ?? 0
    // Somebody is still on the way back to the hub.
    if (tallies.size < workers.length) continue
    const announced = of('airlines', 'approaches')
    const calls = of('tower', 'calls') + of('tower', 'callsFailed')
    // What was handled once more after a crash is counted once more.
    const landed = [of('tower', 'landed'), of('board', 'landed'), of('airlines', 'unloaded'), calls]
    const radarStill = of('radar', 'appended') === radarBefore
    radarBefore = of('radar', 'appended')
    if (landed.every((count) => count >= announced) && radarStill && (await answerOf(handled(bus))))
      return true
  }
  return false
}
