/** The control desk: tells who runs, stops and starts workers for the page, and pulls the plug of the hub. */

import { control, type Roster } from '@airport/contracts'
import type { Bus } from 'busbar'
import type { Fleet } from './fleet.js'
import type { Plug } from './running-hub.js'

/** Serves the buttons of the page; `announce` tells every page who runs now. */
export async function openDesk(
  bus: Bus,
  wire: () => string,
  fleet: Fleet,
  plug: Plug | undefined,
): Promise<{ announce(): void }> {
  const roster = (): Roster => {
    const workers = [...fleet.workers]
    if (plug === undefined) return { wire: wire(), workers }
    const { pid } = plug
    return { wire: wire(), workers, hub: pid === undefined ? {} : { pid } }
  }
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
  if (plug !== undefined) {
    await bus.reply(control.pullPlug, async () => {
      await plug.pull()
      return {}
    })
  }
  return {
    announce() {
      // A roster that cannot be told now is told with the next change.
      bus.publish(control.roster, roster()).catch(() => undefined)
    },
  }
}
