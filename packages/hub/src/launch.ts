/** Starts a hub from flags and BUSBAR_* variables, and ends it by signals. */

import { readFileSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { BusError, type BusErrorCode, isBusError } from 'busbar/transport'
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

const usage = `busbar-hub [--host 127.0.0.1] [--tcp-port 4600] [--ws-port 4601] [--token-file FILE] [--allow-origin ORIGIN]... [--data DIR] [--min-free BYTES] [--insecure]
Each flag can be given as a variable as well: BUSBAR_HOST, BUSBAR_TCP_PORT, BUSBAR_WS_PORT, BUSBAR_TOKEN_FILE, BUSBAR_DATA, BUSBAR_MIN_FREE.
Durable topics are kept in the directory DIR, which this process alone may use; without it they are refused.
With less than BYTES free on its disk, 268435456 unless said otherwise, nothing new is taken in; consuming goes on.
A token file has one "principal token" per line. A port of "off" leaves that listener out, 0 picks a free port.
Exit codes: 0 drained, 1 could not start or end in order, 2 wrong flag, 73 another process uses DIR, 74 the disk failed, 130 second signal.
`

/** The codes that are not 0, 1, 2 or 130, as in sysexits.h. */
const exitCodes: Partial<Record<BusErrorCode, number>> = { STORE_LOCKED: 73, STORE_FAILED: 74 }

/** Exit codes are those of the usage. */
export async function runHub(program: Program): Promise<void> {
  const log: Log = (level, event, fields) => {
    program.stderr.write(`${JSON.stringify({ level, event, ...fields })}\n`)
  }
  const tell = (error: unknown): void => {
    program.stderr.write(`busbar-hub: ${error instanceof Error ? error.message : String(error)}\n`)
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
        (error: unknown) => {
          // Of a failed disk is told below.
          if (!isBusError(error, 'STORE_FAILED')) tell(error)
          program.exit(codeOf(error))
        },
      )
    }
    program.on('SIGTERM', stop)
    program.on('SIGINT', stop)
    void hub.failed.then((error) => {
      program.stderr.write(`busbar-hub: ${error.message}\n`)
      program.exit(74)
    })
    const urls = [hub.tcpUrl, hub.websocketUrl].filter((url) => url !== undefined)
    program.stdout.write(`ready ${urls.join(' ')}\n`)
  } catch (error) {
    const isUsage = error instanceof TypeError && 'code' in error
    tell(error)
    if (isUsage) program.stderr.write(usage)
    program.exit(isUsage ? 2 : codeOf(error))
  }
}

const codeOf = (error: unknown): number => (isBusError(error) && exitCodes[error.code]) || 1

function optionsFrom({ argv, env }: Program): HubOptions | undefined {
  const { values } = parseArgs({
    args: argv.slice(2),
    options: {
      host: { type: 'string', default: env.BUSBAR_HOST ?? '127.0.0.1' },
      'tcp-port': { type: 'string', default: env.BUSBAR_TCP_PORT ?? '4600' },
      'ws-port': { type: 'string', default: env.BUSBAR_WS_PORT ?? '4601' },
      'token-file': { type: 'string', ...(env.BUSBAR_TOKEN_FILE && { default: env.BUSBAR_TOKEN_FILE }) },
      'allow-origin': { type: 'string', multiple: true, default: [] },
      data: { type: 'string', ...(env.BUSBAR_DATA && { default: env.BUSBAR_DATA }) },
      'min-free': { type: 'string', ...(env.BUSBAR_MIN_FREE && { default: env.BUSBAR_MIN_FREE }) },
      insecure: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const { host, insecure, data } = values
  const tcpPort = portFrom('--tcp-port', values['tcp-port'])
  const wsPort = portFrom('--ws-port', values['ws-port'])
  const tokenFile = values['token-file']
  const minFree = values['min-free']
  if (minFree !== undefined && data === undefined) {
    throw new BusError('INVALID_OPTION', '--min-free says nothing without --data.')
  }
  return {
    ...(tcpPort !== undefined && { tcp: { host, port: tcpPort } }),
    ...(wsPort !== undefined && {
      websocket: { host, port: wsPort, allowedOrigins: values['allow-origin'] },
    }),
    ...(tokenFile !== undefined && { auth: { tokens: tokensIn(tokenFile) } }),
    ...(data !== undefined && {
      store: { dir: data, ...(minFree !== undefined && { minFreeBytes: bytesFrom('--min-free', minFree) }) },
    }),
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

function bytesFrom(flag: string, text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new BusError('INVALID_OPTION', `${flag} must be a whole number of bytes.`)
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
