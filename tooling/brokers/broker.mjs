/** A real server with a folder and ports of its own, from programs of this machine or in a container. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { dockerRun, fetchImage } from './docker.mjs'
import { guard } from './guard.mjs'
import { artemis } from './kinds/artemis.mjs'
import { kafka } from './kinds/kafka.mjs'
import { nats } from './kinds/nats.mjs'
import { rabbitmq } from './kinds/rabbitmq.mjs'
import { redis } from './kinds/redis.mjs'
import { sqs } from './kinds/sqs.mjs'
import { freePorts } from './ports.mjs'
import { dockerAnswers } from './programs.mjs'
import { startProcess } from './server-process.mjs'
import { runTool } from './tool.mjs'

/** @typedef {import('./kinds/kind.js').Kind} Kind */
/** @typedef {import('./kinds/kind.js').Launch} Launch */
/** @typedef {import('./kinds/kind.js').Place} Place */
/** @typedef {'nats' | 'redis' | 'rabbitmq' | 'kafka' | 'artemis' | 'sqs'} BrokerName */

/** @type {Readonly<Record<BrokerName, Kind>>} */
const kinds = { nats, redis, rabbitmq, kafka, artemis, sqs }

export const brokerNames = /** @type {readonly BrokerName[]} */ (Object.keys(kinds))

/**
 * @typedef {object} BrokerOptions
 * @property {number} [port] where clients connect; default a free one
 * @property {readonly number[]} [extraPorts] further ports, for servers that need more; default free ones
 * @property {string} [dir] folder of data, configuration and log, kept at the end; default a new one, removed at the end
 * @property {string} [config] lines added to the server's own configuration file; `{dir}` stands for the folder
 * @property {Readonly<Record<string, string>>} [files] further files to write into the folder, by name
 * @property {Readonly<Record<string, string>>} [env] further environment of the server
 * @property {number} [timeout] milliseconds until a start has failed; default as the server usually needs, generously
 * @property {boolean} [outlives] the server goes on when this process ends; default false
 */

/**
 * Where a server comes from: `'local'`, `'docker'`, or why it cannot be had.
 * `BUSBAR_BROKERS_FROM` (`local` or `docker`) decides when both would do; programs of this machine come first.
 * @param {BrokerName} name
 * @returns {{ from: 'local' | 'docker' } | { why: string }}
 */
function sourceOf(name) {
  const kind = kinds[name]
  const wanted = process.env.BUSBAR_BROKERS_FROM
  const missing = wanted === 'docker' && kind.container ? 'BUSBAR_BROKERS_FROM is docker' : kind.missing()
  if (missing === undefined) return { from: 'local' }
  if (wanted !== 'local' && kind.container && dockerAnswers()) return { from: 'docker' }
  return { why: kind.container ? `${missing}, and no Docker engine answers` : missing }
}

/**
 * True when the server can be started on this machine, else one sentence that says what is missing.
 * @param {BrokerName} name
 * @returns {true | string}
 */
export function brokerAvailable(name) {
  const source = sourceOf(name)
  return 'why' in source ? source.why : true
}

/** @typedef {Awaited<ReturnType<typeof startBroker>>} Broker */

/**
 * Starts a server on loopback and resolves when clients may connect.
 * It ends with this process, also when that is killed, unless `outlives` is set.
 * @param {BrokerName} name
 * @param {BrokerOptions} [options]
 */
export async function startBroker(name, options = {}) {
  const kind = kinds[name]
  const source = sourceOf(name)
  if ('why' in source) throw new Error(`${name} cannot be started: ${source.why}`)
  const free = await freePorts(1 + (kind.extraPorts ?? 0))
  const port = options.port ?? free[0] ?? 0
  const extra = options.extraPorts ?? free.slice(1)
  const ownDir = options.dir === undefined
  const dir = options.dir ?? realpathSync(mkdtempSync(join(tmpdir(), `busbar-${name}-`)))
  const inside = source.from === 'docker'
  const place = { dir: inside ? '/data' : dir, host: inside ? '0.0.0.0' : '127.0.0.1', port, extra }
  const logFile = join(dir, 'server.log')
  writeFiles(dir, {
    ...options.files,
    ...kind.files(place, (options.config ?? '').replaceAll('{dir}', place.dir)),
  })
  const keepsDir = !ownDir || options.outlives === true
  const guarded = guard(keepsDir ? undefined : dir)
  let starts = 0
  /** @type {(program: string, args: readonly string[]) => Launch} */
  let tool

  const start = async () => {
    starts += 1
    const container = inside ? `busbar-${name}-${port}-${process.pid}-${starts}` : undefined
    const launch = await launchOf(kind, place, { name: container, dir, env: options.env ?? {} })
    tool = (command, args) =>
      container === undefined
        ? { ...launch, command, args }
        : { command: 'docker', args: ['exec', '--interactive', container, command, ...args] }
    const run = await startProcess({
      ...{ launch, logFile, container, what: name, cwd: dir, ready: kind.ready },
      timeout: options.timeout ?? kind.patience,
      onSpawn: (endCommand) => guarded.atEnd(endCommand),
    })
    void run.ended.then(() => guarded.atEnd(''))
    if (options.outlives) {
      run.forget()
      guarded.atEnd('')
      await guarded.release()
    }
    return run
  }
  const remove = async () => {
    await guarded.release()
    if (!keepsDir) rmSync(dir, { recursive: true, force: true })
  }

  let running = await start().catch(async (error) => {
    await remove()
    throw error
  })
  const address = `127.0.0.1:${port}`
  const self = {
    name,
    url: kind.url(address),
    host: '127.0.0.1',
    port,
    extraPorts: extra,
    dir,
    from: source.from,
    /** Of the server, or of `docker run`. */
    get pid() {
      return running.pid
    },
    /** Shell that ends the server and everything it started. */
    get endCommand() {
      return running.endCommand
    },
    /** Everything the server wrote since the first start. */
    log: () => readFileSync(logFile, 'utf8'),
    /** Runs a program with the server's environment, in a container inside it; resolves with its output. @param {string} program @param {readonly string[]} [args] @param {string} [input] */
    exec: (program, args = [], input = '') => runTool(tool(program, args), dir, input),
    /** Ends the server, by default gently; its data stay. Resolves when the process is gone. @param {NodeJS.Signals} [signal] */
    stop: (signal = 'SIGTERM') => running.end(signal),
    /** Ends the server as a crash would; its data stay. */
    kill: () => running.end('SIGKILL'),
    /** Ends the server if it runs, by default as a crash would, and starts it on the same ports with the same data. @param {NodeJS.Signals} [signal] */
    async restart(signal = 'SIGKILL') {
      await running.end(signal)
      running = await start()
    },
    /** Ends the server and removes its folder, unless the caller chose that. */
    async close() {
      await running.end('SIGKILL')
      await remove()
    },
    [Symbol.asyncDispose]: () => self.close(),
  }
  return self
}

/**
 * @param {Kind} kind
 * @param {Place} place
 * @param {{ name: string | undefined, dir: string, env: Readonly<Record<string, string>> }} run
 * @returns {Promise<Launch>}
 */
async function launchOf(kind, place, { name, dir, env }) {
  if (name === undefined || kind.container === undefined) {
    const launch = await kind.local(place)
    return { ...launch, env: { ...launch.env, ...env } }
  }
  const container = kind.container(place)
  await fetchImage(container.image)
  return dockerRun({ ...container, env: { ...container.env, ...env } }, { name, dir, port: place.port })
}

/** @param {string} dir @param {Readonly<Record<string, string>>} files */
function writeFiles(dir, files) {
  mkdirSync(dir, { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
}
