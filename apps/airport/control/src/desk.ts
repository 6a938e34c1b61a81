/** The control desk: tells who runs, and stops and starts workers for the page. */

import { control } from '@airport/contracts'
import type { Bus } from 'busbar'
import type { Fleet } from './fleet.js'

/** Serves the buttons of the page; `announce` tells every page who runs now. */
export async function openDesk(bus: Bus, wire: string, fleet: Fleet): Promise<{ announce(): void }> {
  const roster = () => ({ wire, workers: [...fleet.workers] })
  await bus.reply(control.list, roster)
  await bus.reply(control.stop, async ({ name }, ctx) => {
    if (!fleet.has(name)) return ctx.fail('NoSuchWorker', { name })
    await fleet.kill(name)
    return { running: false }
  })
  await bus.reply(control.start, async ({ name }, ctx) => {
    if (!fleet.has(name)) return ctx.fail('NoSuchWorker', { name })
    await fleet.start(name)
    return { running: true }
  })
  return {
    announce() {
      // A roster that cannot be told now is told with the next change.
      bus.publish(control.roster, roster()).catch(() => undefined)
    },
  }
}
