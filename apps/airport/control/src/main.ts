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

const signals = ['SIGINT', 'SIGTERM'] as const
// Left to its default, a signal would end the process without giving back what it has made.
const leave = (): never => process.exit(130)
for (const signal of signals) process.on(signal, leave)

const complain = (error: Error): never => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
const tell = (what: string): void => void process.stderr.write(`wire      ${what}\n`)
const airport = await startAirport(options, tell).catch(complain)
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
if (airport.broker !== undefined) print(`broker    ${airport.broker}`)
print('ready     press Ctrl-C to stop')

const stopped = new Promise<void>((resolve) => {
  for (const signal of signals) process.off(signal, leave).once(signal, resolve)
  if (options.seconds !== undefined) setTimeout(resolve, options.seconds * 1_000)
})
await stopped
process.once('SIGINT', leave)
await airport.close()
print('stopped')
process.exit(0)
