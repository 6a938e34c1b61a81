/** The two connections of a link: one for commands, one for what the server tells by Pub/Sub. */

import { BusError, type Host } from 'busbar/transport'
import { createClient, ErrorReply, RESP_TYPES } from 'redis'
import { closed, isLoading, isMissingScript, isOfLink, refusal, unreachable } from './failures.js'
import type { Settings } from './options.js'
import { type Reply, textIn } from './replies.js'
import { allScripts } from './scripts/all.js'
import type { Script } from './scripts/script.js'

export type Argument = string | Uint8Array

export interface Connection {
  /** Runs a script on a channel's keys. After a cut it is run again, so it must be right to run it twice. */
  run(script: Script, base: string, args: readonly Argument[]): Promise<Reply>
  /** A plain command, sent once: rejects with DISCONNECTED, outcome unknown, when the link breaks. */
  command(args: readonly Argument[]): Promise<Reply>
  /** Runs a script once, as `command` sends. */
  runOnce(script: Script, base: string, args: readonly Argument[]): Promise<Reply>
  /** Resolves when effective; comes back by itself after a cut. */
  subscribe(channel: string, listener: (data: Buffer) => void): Promise<void>
  unsubscribe(channel: string, listener: (data: Buffer) => void): Promise<void>
  readonly isUp: boolean
  close(): void
}

export interface ConnectionEvents {
  onCut(): void
  /** The link is back and subscribed again; the state changes when it resolves. `isOther`: the server was started anew. */
  onBack(isOther: boolean): Promise<void>
  onLost(reason: BusError): void
}

const firstWaitMs = 20
const longestWaitMs = 1_000
const loadingWaitMs = 50

function open(
  { url, username, password }: Settings,
  strategy: (retries: number, cause: Error) => number | Error,
) {
  return createClient({
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    socket: { reconnectStrategy: strategy, connectTimeout: 5_000 },
  })
}

/** Rejects with UNREACHABLE, AUTH_FAILED or PERMISSION_DENIED within `connectTimeoutMs`. */
export async function connect(host: Host, settings: Settings, events: ConnectionEvents): Promise<Connection> {
  const { clock } = host
  const { host: place } = new URL(settings.url)
  const deadline = clock.monotonic() + settings.connectTimeoutMs
  let hasBeenUp = false
  let isUp = false
  let isClosed = false
  let lost: BusError | undefined
  const waiters: (() => void)[] = []
  /** The name the server gives to its life since its last start: when the link came up, and as it was told last. */
  let run: string | undefined
  let runNow: string | undefined

  const wake = (): void => {
    for (const go of waiters.splice(0)) go()
  }
  const strategy = (retries: number, cause: Error): number | Error => {
    // Credentials do not become right by waiting.
    if (cause instanceof ErrorReply && !isLoading(cause)) return hasBeenUp ? refusal(cause) : cause
    if (!hasBeenUp && clock.monotonic() >= deadline) return cause
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(retries, 10))
    return Math.round(waitMs * (0.5 + host.random() / 2))
  }
  const main = open(settings, strategy)
  const sub = open(settings, strategy)
  const clients = [main, sub]

  const end = (): void => {
    isClosed = true
    isUp = false
    for (const client of clients) client.destroy()
    wake()
  }
  const goDown = (cause: Error | undefined): void => {
    if (!isUp || isClosed) return
    isUp = false
    events.onCut()
    host.onState('reconnecting', `The link to ${place} broke: ${cause?.message ?? 'closed'}.`)
  }
  const comeBack = async (): Promise<void> => {
    if (!hasBeenUp || isUp || isClosed || !clients.every((client) => client.isReady)) return
    // Before anything else, so that no script is overtaken by another because the server did not know it yet.
    if (!(await prepare())) return
    if (isUp || isClosed) return
    isUp = true
    const before = run
    run = runNow ?? before
    wake()
    await events.onBack(run !== before)
    if (isUp && !isClosed) host.onState('connected')
  }
  for (const client of clients) {
    client.on('error', (error: Error) => goDown(error))
    client.on('ready', () => void comeBack())
    client.on('terminated', (error: Error) => {
      if (!hasBeenUp || isClosed || lost !== undefined) return
      lost = refusal(error)
      events.onLost(lost)
      host.onState('lost', lost.message)
      end()
    })
  }

  const gone = (): BusError => lost ?? closed()
  const up = async (): Promise<void> => {
    while (!isUp) {
      if (isClosed) throw gone()
      await new Promise<void>((resolve) => waiters.push(resolve))
    }
    if (isClosed) throw gone()
  }
  const send = (args: readonly Argument[]): Promise<Reply> =>
    main.sendCommand<Reply>(args.map((arg) => (typeof arg === 'string' ? arg : asBuffer(arg))))
  const pause = (ms: number) =>
    new Promise<void>((resolve) => void clock.after(ms, resolve, { keepAlive: true }))

  /** Gives false when the link broke meanwhile. */
  async function prepare(): Promise<boolean> {
    for (;;) {
      try {
        await Promise.all(allScripts.map(({ source }) => send(['SCRIPT', 'LOAD', source])))
        runNow = /run_id:(\w+)/.exec(textIn(await send(['INFO', 'server'])))?.[1]
        return true
      } catch (error) {
        if (isOfLink(error)) return false
        // Whoever may not load scripts hears so by the first that is run; without INFO a restart is a cut.
        if (!isLoading(error)) return true
        await pause(loadingWaitMs)
      }
    }
  }

  async function evaluate(script: Script, base: string, args: readonly Argument[]): Promise<Reply> {
    for (;;) {
      try {
        return await send(['EVALSHA', script.sha, '1', base, ...args])
      } catch (error) {
        if (isMissingScript(error)) await send(['SCRIPT', 'LOAD', script.source])
        else if (isLoading(error)) await pause(loadingWaitMs)
        else throw error
      }
    }
  }
  const disconnected = (cause: unknown): BusError =>
    new BusError('DISCONNECTED', `The link to ${place} broke.`, { outcome: 'unknown', cause })
  const once = async (attempt: () => Promise<Reply>): Promise<Reply> => {
    await up()
    try {
      return await attempt()
    } catch (error) {
      throw isOfLink(error) ? disconnected(error) : refusal(error)
    }
  }

  const tooLate = clock.after(settings.connectTimeoutMs, () => end(), { keepAlive: true })
  try {
    await Promise.all(clients.map((client) => client.connect()))
  } catch (error) {
    const cause = error instanceof Error && 'originalError' in error ? error.originalError : error
    end()
    throw unreachable(place, cause)
  } finally {
    tooLate.cancel()
  }
  await prepare()
  run = runNow
  hasBeenUp = true
  isUp = clients.every((client) => client.isReady)

  return {
    get isUp() {
      return isUp
    },
    async run(script, base, args) {
      for (;;) {
        await up()
        try {
          return await evaluate(script, base, args)
        } catch (error) {
          if (!isOfLink(error)) throw refusal(error)
          // The event that tells of the cut may come a moment later than the failure of the command.
          if (isUp) await pause(1)
        }
      }
    },
    command: (args) => once(() => send(args)),
    runOnce: (script, base, args) => once(() => evaluate(script, base, args)),
    async subscribe(channel, listener) {
      for (;;) {
        await up()
        try {
          return await sub.subscribe(channel, listener, true)
        } catch (error) {
          if (!isOfLink(error)) throw refusal(error)
          if (isUp) await pause(1)
        }
      }
    },
    async unsubscribe(channel, listener) {
      if (isUp) await sub.unsubscribe(channel, listener, true).catch(() => undefined)
    },
    close: end,
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
