/** From nothing to READY: dials, greets, authenticates, all within one deadline. */

import { BusError, type Clock, isBusError } from 'busbar/transport'
import type { FrameReader } from '../frame-reader.js'
import { frameType, type Hello, type Ready, versions, type Welcome } from '../frames.js'
import { readReady, readWelcome, writeAuth, writeHello } from '../handshake-frames.js'
import { protocolError } from '../protocol-error.js'
import { Connection, type ConnectionHost } from './connection.js'
import { deferred } from './deferred.js'
import type { SessionOptions } from './options.js'

export interface Admitted {
  readonly connection: Connection
  readonly welcome: Welcome
  readonly ready: Ready
}

/** What the connection is told after READY. */
export type AdmittedEvents = Pick<ConnectionHost, 'onFrame' | 'onFlush' | 'onEnd'>

/** Rejects with UNREACHABLE, DISCONNECTED, CANCELLED, AUTH_FAILED, VERSION_UNSUPPORTED or what else the hub said. */
export async function connectOnce(
  clock: Clock,
  options: SessionOptions,
  hello: Hello,
  events: AdmittedEvents,
  { withinMs, signal }: { readonly withinMs: number; readonly signal: AbortSignal },
): Promise<Admitted> {
  const result = deferred<Admitted>()
  const dialing = new AbortController()
  let welcome: Welcome | undefined
  let isReady = false

  const greet = (type: number, body: FrameReader): boolean => {
    if (type === frameType.welcome && welcome === undefined) {
      const answer = readWelcome(body)
      if (answer.version < versions.min || answer.version > versions.max)
        throw protocolError('The hub chose a version that was not offered')
      welcome = answer.welcome
      writeAuth(connection.out, options.token ?? '')
      connection.flush()
      return true
    }
    if (type === frameType.ready && welcome !== undefined) {
      const ready = readReady(body)
      isReady = true
      connection.admit(welcome.maxFrameBytes, welcome.heartbeatMs)
      result.resolve({ connection, welcome, ready })
      return true
    }
    return false
  }

  const connection: Connection = new Connection({
    clock,
    // A browser refuses its own function when it is called as a method of another object.
    defer: options.defer ?? ((fn) => queueMicrotask(fn)),
    yieldTurn: options.yieldTurn ?? ((fn) => void clock.after(0, fn, { keepAlive: true })),
    onFrame: (type, flags, body) => (isReady ? events.onFrame(type, flags, body) : greet(type, body)),
    onFlush: () => {
      if (isReady) events.onFlush()
    },
    onEnd: (reason) => {
      if (isReady) events.onEnd(reason)
      else result.reject(reason)
    },
  })

  const giveUp = (reason: BusError): void => {
    dialing.abort(reason)
    connection.end(reason)
    result.reject(reason)
  }
  const timer = clock.after(
    withinMs,
    () =>
      giveUp(new BusError('UNREACHABLE', `${options.url} did not answer within ${Math.ceil(withinMs)} ms.`)),
    { keepAlive: true },
  )
  const onAbort = (): void => giveUp(new BusError('CANCELLED', `Connecting to ${options.url} was given up.`))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()

  writeHello(connection.out, versions, hello)
  options.dial(connection, dialing.signal).then(
    (link) => connection.attach(link),
    (error: unknown) => result.reject(asBusError(error, options.url)),
  )
  try {
    return await result.promise
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', onAbort)
  }
}

function asBusError(error: unknown, url: string): BusError {
  return isBusError(error)
    ? error
    : new BusError('UNREACHABLE', `${url} could not be reached.`, { cause: error })
}
