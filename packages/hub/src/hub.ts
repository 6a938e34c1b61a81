/** createHub: the engine behind its listeners, from the check of the options to the drained end. */

import { randomBytes } from 'node:crypto'
import {
  type BusError,
  type BusErrorCode,
  type ChannelState,
  type Connect,
  createEngine,
  memoryOn,
  type OpenedStore,
} from 'busbar/transport'
import { authPenalty } from './auth-penalty.js'
import { checkBinds } from './bind-rules.js'
import { channelBook } from './channel-book.js'
import type { Core } from './core.js'
import { createEndings } from './endings.js'
import { createFlush } from './flush.js'
import { createGate } from './gate.js'
import { openHubStore } from './hub-store.js'
import { inboundBudget } from './inbound-budget.js'
import type { Admit, Listener } from './link.js'
import { type HubOptions, type Settings, settingsOf } from './options.js'
import { startPulse } from './pulse.js'
import { resumableSessions } from './resumable.js'
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
  /** Undefined when the hub has none. */
  readonly store: StoreState | undefined
  /** Counts of every channel by name: those that clients declared, and the durable ones of earlier runs. */
  readonly channels: Readonly<Record<string, ChannelState>>
}

/** Health of a hub's store. */
export interface StoreState {
  /** Why nothing durable is taken in: STORE_FULL, STORE_FAILED; undefined while all is well. */
  readonly refusal: BusErrorCode | undefined
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
   * Resolves with STORE_FAILED when the disk under the store has failed: the hub has ended every connection then, and
   * its process should end too. Never settles while all is well.
   */
  readonly failed: Promise<BusError>
  /**
   * Stops accepting, tells the clients, waits up to `limits.drainTimeoutMs` for what they run, then closes all, the
   * store at last. Idempotent. STORE_FAILED when the store could not bring everything to disk then.
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
 * beyond this machine without `auth`, ADDRESS_IN_USE for a taken port, STORE_LOCKED, STORE_UNUSABLE or STORE_CORRUPT
 * for the store; nothing is left open after an error.
 */
export async function createHub<O extends HubOptions>(options: O): Promise<HubOf<O>> {
  const settings = settingsOf(options)
  checkBinds(settings)
  const store = await openHubStore(settings)
  const hub = await open(settings, store).catch(async (error: unknown) => {
    await store?.close()
    throw error
  })
  // The listeners that were asked for are open, so their URLs exist; the compiler cannot follow that.
  return hub as HubOf<O>
}

async function open(settings: Settings, store: OpenedStore | undefined): Promise<Hub> {
  const core = createCore(settings, store)
  const sessions = new Set<Session>()
  const idle = { check: () => {} }
  const admit = admission(core, sessions, () => idle.check())
  const listeners = await openListeners(settings, admit).catch((error: unknown) => {
    core.engine.close()
    throw error
  })
  const pulse = startPulse(core, sessions)
  const close = createEndings({ core, sessions, listeners: listeners.open, pulse, idle })
  const { maxMessageBytes } = core.limits
  return {
    tcpUrl: listeners.tcp?.url,
    websocketUrl: listeners.websocket?.url,
    memory: memoryOn(core.engine, { maxMessageBytes, ...(store && { storeFailed: store.failed }) }),
    inspect: () => stateOf(core, sessions),
    failed: store?.failed ?? new Promise(() => {}),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function createCore({ clock, random, limits, log, authenticate }: Settings, store?: OpenedStore): Core {
  const channels = channelBook()
  for (const channel of store?.channels ?? []) channels.note(channel)
  return {
    engine: createEngine({ clock, random, defer: queueMicrotask, ...(store && { store }) }),
    store,
    clock,
    limits,
    log,
    authenticate,
    penalty: authPenalty(clock),
    gate: createGate({ clock, ...limits }),
    sessions: resumableSessions(clock, limits),
    channels,
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
    store: core.store && { refusal: core.store.refusal?.code },
    channels: core.channels.states(core.engine),
  }
}
