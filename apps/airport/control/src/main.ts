/** Launches the airport: `npm start`, `npm start -- --split --wire ws`, `npm start -- --headless --seconds 10`. */

import { startAirport } from './airport.js'
import { readOptions, usage, wantsUsage } from './options.js'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const args = process.argv.slice(2)
if (wantsUsage(args)) {
  print(usage)
  process.exit(0)
}

const options = (() => {
  try {
    return readOptions(args)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`)
    process.exit(2)
  }
})()

const complain = (error: Error): never => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
const airport = await startAirport(options).catch(complain)
void airport.failed.then(complain)
if (options.headless) {
  const counts = await airport.finish()
  print(JSON.stringify(counts))
  process.exit(counts.mismatches.length === 0 ? 0 : 1)
}

print(`airport   ${airport.pageUrl}`)
const hubPid = airport.plug?.pid
print(`hub       ${airport.hubUrl}${hubPid === undefined ? '' : `, pid ${hubPid}`}`)
print(`wire      ${airport.wire}, ${airport.workers.length} workers`)
print('ready     press Ctrl-C to stop')

const stopped = new Promise<void>((resolve) => {
  process.once('SIGINT', resolve)
  process.once('SIGTERM', resolve)
  if (options.seconds !== undefined) setTimeout(resolve, options.seconds * 1_000)
})
await stopped
process.once('SIGINT', () => process.exit(130))
await airport.close()
print('stopped')
process.exit(0)
