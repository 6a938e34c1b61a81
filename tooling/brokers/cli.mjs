/** Real message servers for development: `npm run brokers -- up nats kafka`, `status`, `down`. */
import { fileURLToPath } from 'node:url'
import { brokerNames, startBroker } from './broker.mjs'
import { commandOf, stateIn } from './state.mjs'

const usage = `npm run brokers -- up [name...]      starts servers and prints their URLs; without names all of them
npm run brokers -- status            what is up
npm run brokers -- down [name...]    ends servers and removes their data; without names all of them
names: ${brokerNames.join(', ')}`

const [action, ...given] = process.argv.slice(2)
const state = stateIn(
  process.env.BUSBAR_BROKERS_DIR ?? fileURLToPath(new URL('../../.brokers', import.meta.url)),
)
const width = Math.max(...brokerNames.map((name) => name.length)) + 2
const unknown = given.filter((name) => !brokerNames.some((known) => known === name))
const chosen = brokerNames.filter((name) => given.length === 0 || given.includes(name))

/** @param {import('./broker.mjs').BrokerName} name */
async function up(name) {
  const running = state.running(name)
  if (running === undefined) {
    state.remove(name)
    const server = await startBroker(name, { dir: state.dirOf(name), outlives: true }).catch((error) => {
      state.remove(name)
      throw error
    })
    const { url, pid, endCommand, dir } = server
    state.remember(name, { url, pid, command: commandOf(pid) ?? '', endCommand, dir })
  }
  console.log(`${name.padEnd(width)}${state.running(name)?.url ?? 'ended at once'}`)
}

/** @type {Record<string, () => Promise<void> | void>} */
const actions = {
  async up() {
    const starts = await Promise.allSettled(chosen.map(up))
    for (const start of starts) {
      if (start.status === 'fulfilled') continue
      process.exitCode = 1
      console.error(start.reason instanceof Error ? start.reason.message : start.reason)
    }
  },
  status() {
    const entries = state.entries()
    if (entries.length === 0) console.log('no servers')
    for (const [name, { url, pid }] of entries) {
      const how = state.running(name) === undefined ? 'gone' : `up    ${url}  (process ${pid})`
      console.log(`${name.padEnd(width)}${how}`)
    }
  },
  down() {
    const known = state.entries().map(([name]) => name)
    for (const name of chosen.filter((one) => known.includes(one))) {
      state.remove(name)
      console.log(`${name.padEnd(width)}down`)
    }
  },
}

const act = actions[action ?? '']
if (act === undefined || unknown.length > 0) {
  console.error(unknown.length > 0 ? `unknown: ${unknown.join(', ')}\n${usage}` : usage)
  process.exitCode = 1
} else await act()
