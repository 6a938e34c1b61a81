/** Starts a hub from flags and BUSBAR_* variables, and ends it by signals. */

import { readFileSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { BusError } from 'busbar/transport'
import type { Token } from './auth.js'
import { createHub } from './hub.js'
import type { Log } from './log.js'
import type { HubOptions } from './options.js'

/** What of `process` a launcher touches. */
export interface Program {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown
  exit(code: number): void
}

const usage = `busbar-hub [--host 127.0.0.1] [--tcp-port 4600] [--ws-port 4601] [--token-file FILE] [--allow-origin ORIGIN]... [--insecure]
Each flag can be given as a variable as well: BUSBAR_HOST, BUSBAR_TCP_PORT, BUSBAR_WS_PORT, BUSBAR_TOKEN_FILE.
A token file has one "principal token" per line. A port of "off" leaves that listener out, 0 picks a free port.
`

/** Exit codes: 0 after a drained end, 1 when the hub could not start, 2 for a wrong flag, 130 at a second signal. */
export async function runHub(program: Program): Promise<void> {
  const log: Log = (level, event, fields) => {
    program.stderr.write(`${JSON.stringify({ level, event, ...fields })}\n`)
  }
  try {
    const options = optionsFrom(program)
    if (options === undefined) {
      program.stdout.write(usage)
      return
    }
    const hub = await createHub({ ...options, log })
    let stopping = false
    const stop = (): void => {
      if (stopping) {
        program.exit(130)
        return
      }
      stopping = true
      hub.close().then(
        () => program.exit(0),
        () => program.exit(1),
      )
    }
    program.on('SIGTERM', stop)
    program.on('SIGINT', stop)
    const urls = [hub.tcpUrl, hub.websocketUrl].filter((url) => url !== undefined)
    program.stdout.write(`ready ${urls.join(' ')}\n`)
  } catch (error) {
    const isUsage = error instanceof TypeError && 'code' in error
    program.stderr.write(`busbar-hub: ${error instanceof Error ? error.message : String(error)}\n`)
    if (isUsage) program.stderr.write(usage)
    program.exit(isUsage ? 2 : 1)
  }
}

function optionsFrom({ argv, env }: Program): HubOptions | undefined {
  const { values } = parseArgs({
    args: argv.slice(2),
    options: {
      host: { type: 'string', default: env.BUSBAR_HOST ?? '127.0.0.1' },
      'tcp-port': { type: 'string', default: env.BUSBAR_TCP_PORT ?? '4600' },
      'ws-port': { type: 'string', default: env.BUSBAR_WS_PORT ?? '4601' },
      'token-file': { type: 'string', ...(env.BUSBAR_TOKEN_FILE && { default: env.BUSBAR_TOKEN_FILE }) },
      'allow-origin': { type: 'string', multiple: true, default: [] },
      insecure: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const { host, insecure } = values
  const tcpPort = portFrom('--tcp-port', values['tcp-port'])
  const wsPort = portFrom('--ws-port', values['ws-port'])
  const tokenFile = values['token-file']
  return {
    ...(tcpPort !== undefined && { tcp: { host, port: tcpPort } }),
    ...(wsPort !== undefined && {
      websocket: { host, port: wsPort, allowedOrigins: values['allow-origin'] },
    }),
    ...(tokenFile !== undefined && { auth: { tokens: tokensIn(tokenFile) } }),
    insecure,
  }
}

function portFrom(flag: string, text: string): number | undefined {
  if (text === 'off') return undefined
  if (!/^\d{1,5}$/.test(text)) {
    throw new BusError('INVALID_OPTION', `${flag} must be a port number or "off".`)
  }
  return Number(text)
}

/** The tokens of a file that nobody else can read. */
function tokensIn(file: string): Token[] {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) throw new BusError('INVALID_OPTION', `There is no token file ${file}.`)
  if ((found.mode & 0o077) !== 0) {
    throw new BusError('INVALID_OPTION', `The token file ${file} can be read by others; run chmod 600 on it.`)
  }
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const [principal, token, ...rest] = line.trim().split(/\s+/)
    if (principal === undefined || token === undefined || rest.length > 0) {
      throw new BusError('INVALID_OPTION', `Line ${index + 1} of ${file} is not "principal token".`)
    }
    return [{ principal, token }]
  })
}
