/** One worker as a process: `BUSBAR_URL=tcp://… node worker.js baggage-1`. */

import { connect } from '@busbar/connect'
import { overBroker } from './over-broker.js'
import { runWorker } from './services.js'

const { BUSBAR_URL, AIRPORT_BROKER, AIRPORT_SEED, AIRPORT_PACE } = process.env
const name = process.argv[2]
if (name === undefined || BUSBAR_URL === undefined) {
  throw new TypeError('Usage: BUSBAR_URL=tcp://host:port node worker.js NAME')
}

const hub = connect(BUSBAR_URL)
const stop = await runWorker(name, {
  transport: AIRPORT_BROKER === undefined ? hub : overBroker(AIRPORT_BROKER, hub),
  seed: Number(AIRPORT_SEED ?? 1),
  pace: Number(AIRPORT_PACE ?? 1),
}).catch((error: Error) => {
  process.stderr.write(`${name.padEnd(9)} ${error.message}\n`)
  process.exit(1)
})

const end = (): void => {
  stop().then(
    () => process.exit(0),
    () => process.exit(1),
  )
}
process.once('SIGTERM', end)
// The terminal sends Ctrl-C to all processes; the launcher decides when each one ends.
process.on('SIGINT', () => undefined)
// A launcher that is gone must not leave workers behind.
process.once('disconnect', end)
process.send?.('ready')
