/** createHub: the engine behind its listeners, from the check of the options to the drained end. */

import { randomBytes } from 'node:crypto'
import { type ChannelState, type Connect, createEngine, memoryOn } from 'busbar/transport'
import { authPenalty } from './auth-penalty.js'
import { checkBinds } from './bind-rules.js'
import { channelBook } from './channel-book.js'
import type { Core } from './core.js'
import { createFlush } from './flush.js'
import { createGate } from './gate.js'
import { inboundBudget } from './inbound-budget.js'
import type { Admit, Listener } from './link.js'
import { type HubOptions, type Settings, settingsOf } from './options.js'
import { startPulse } from './pulse.js'
import { resumableSessions } from './resumable.js'
import { drainSessions } from './session/drain.js'
import { Session } from './session/session.js'
import { tcpListener } from './tcp-listener.js'
import { websocketListener } from './websocket-listener.js'

/** Gauges of a running hub; all of them but `channels` and `resumable` go back to zero when the clients leave. */
export interface HubState {
  readonly connections: number
  readonly unauthenticated: number
  /** Sessions of lost connections that can still be resumed. */
  readonly resumable: number
  readonly subscriptions: number
  /** Ends of requests and pairs at clients. */
  readonly exchanges: number
  /** Bytes of half-received frames. */
  readonly inboundBytes: number
  /** Bytes that clients have yet to take. */
  readonly outboundBytes: number
  /** Counts of every declared channel by name. */
  readonly channels: Readonly<Record<string, ChannelState>>
}

export interface Hub extends AsyncDisposable {
  /** Undefined when the hub has no TCP port. */
  readonly tcpUrl: string | undefined
  /** Undefined when the hub has no WebSocket port. */
  readonly websocketUrl: string | undefined
  /** A transport for buses in the hub's own process: the memory wire on the hub's engine, without a socket. */
  readonly memory: Connect
  inspect(): HubState
  /**
   * Stops accepting, tells the clients, waits up to `limits.drainTimeoutMs` for what they run, then closes all.
   * Idempotent.
   */
  close(): Promise<void>
}

/** A hub that knows which of its URLs exist, from the options it was made with. */
export type HubOf<O extends HubOptions> = Hub & {
  readonly tcpUrl: UrlOf<O, 'tcp'>
  readonly websocketUrl: UrlOf<O, 'websocket'>
}

type UrlOf<O, Wire> = Wire extends keyof O ? (O[Wire] extends infer W ? UrlIf<W> : never) : undefined
type UrlIf<W> = W extends undefined ? undefined : string

/**
 * Opens a hub and resolves when clients can connect. INVALID_OPTION for a wrong option, INSECURE_BIND for a host
 * beyond this machine without `auth`, ADDRESS_IN_USE for a taken port; nothing is left open after an error.
 */
export async function createHub<O extends HubOptions>(options: O): Promise<HubOf<O>> {
  const settings = settingsOf(options)
  checkBinds(settings)
  const core = createCore(settings)
  const sessions = new Set<Session>()
  const idle = { check: () => {} }
  const admit = admission(core, sessions, () => idle.check())
  const listeners = await openListeners(settings, admit).catch((error: unknown) => {
    core.engine.close()
    throw error
  })
  const pulse = startPulse(core, sessions)
  let closing: Promise<void> | undefined

  const shutDown = async (): Promise<void> => {
    for (const listener of listeners.open) listener.stop()
    await drainSessions(core, sessions, idle)
    await Promise.all(listeners.open.map((listener) => listener.close()))
    pulse.stop()
    core.engine.close()
    core.log('info', 'hub-closed', {})
  }
  const hub: Hub = {
    tcpUrl: listeners.tcp?.url,
    websocketUrl: listeners.websocket?.url,
    memory: memoryOn(core.engine, { maxMessageBytes: core.limits.maxMessageBytes }),
    inspect: () => stateOf(core, sessions),
    close() {
      closing ??= shutDown()
      return closing
    },
    [Symbol.asyncDispose]: () => hub.close(),
  }
  // The listeners that were asked for are open, so their URLs exist; the compiler cannot follow that.
  return hub as HubOf<O>
}

function createCore({ clock, random, limits, log, authenticate }: Settings): Core {
  return {
    engine: createEngine({ clock, random, defer: queueMicrotask }),
    clock,
    limits,
    log,
    authenticate,
    penalty: authPenalty(clock),
    gate: createGate({ clock, ...limits }),
    sessions: resumableSessions(clock, limits),
    channels: channelBook(),
    inbound: inboundBudget(limits.maxInboundBytes),
    flush: createFlush(),
    epoch: randomBytes(9).toString('base64url'),
  }
}

function admission(core: Core, sessions: Set<Session>, settled: () => void): Admit {
  let number = 0
  return (link) => {
    number += 1
    const ended = (session: Session): void => {
      sessions.delete(session)
      settled()
    }
    const session = new Session(core, link, number, ended, settled)
    if (!session.over) sessions.add(session)
    return session
  }
}

/** Opens both ports or none. */
async function openListeners(settings: Settings, admit: Admit) {
  const { limits, log } = settings
  const open: Listener[] = []
  const keep = (listener: Listener): Listener => {
    open.push(listener)
    return listener
  }
  try {
    const tcp = settings.tcp && keep(await tcpListener(settings.tcp, admit, log))
    const websocket =
      settings.websocket && keep(await websocketListener(settings.websocket, limits, admit, log))
    return { open, tcp, websocket }
  } catch (error) {
    await Promise.all(open.map((listener) => listener.close()))
    throw error
  }
}

function stateOf(core: Core, sessions: ReadonlySet<Session>): HubState {
  const all = [...sessions]
  const sum = (of: (session: Session) => number): number => all.reduce((total, one) => total + of(one), 0)
  return {
    connections: core.gate.connections,
    unauthenticated: core.gate.unauthenticated,
    resumable: core.sessions.waiting,
    subscriptions: sum((session) => session.subscriptions),
    exchanges: sum((session) => session.exchanges),
    inboundBytes: core.inbound.usedBytes,
    outboundBytes: sum((session) => session.outbox.pendingBytes),
    channels: core.channels.states(core.engine),
  }
}
