/** What an idle hub costs: memory of the process, and the time until it listens. */

import { start } from './children.js'

const begun = performance.now()
const { child } = await start('hub-process')
const readyMs = performance.now() - begun
const { rssBytes } = (await child.ask('memory')) as { rssBytes: number }
console.log(
  `idle hub: ${(rssBytes / 1_048_576).toFixed(1)} MiB resident, listens after ${readyMs.toFixed(0)} ms`,
)
child.stop()
