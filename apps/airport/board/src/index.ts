/** Board: turns what happens at the gates into lines of the departures board, for every browser that looks. */

import { airport, pause, type Service, tallied } from '@airport/contracts'

const boardingAfterMs = 2_000

export const board: Service = async (bus, world) => {
  const { clock, signal } = world
  const tally = await tallied(bus, world)

  const show = async (
    row: { flight: string; to: string; gate: string },
    status: 'landed' | 'boarding' | 'departed',
  ) => {
    await bus.publish(airport.row, { ...row, status, time: new Date(clock.now()).toISOString() })
    tally.count('rows')
  }

  await bus.subscribe(
    airport.landed,
    async ({ flight, to, gate }) => {
      tally.count('landed')
      await show({ flight, to, gate }, 'landed')
      await pause({ clock, signal }, boardingAfterMs)
      if (!signal.aborted) await show({ flight, to, gate }, 'boarding')
    },
    { concurrency: 16 },
  )
  await bus.subscribe(airport.departed, (row) => show(row, 'departed'))
}
