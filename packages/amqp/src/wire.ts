/** One connection to a broker, made of promises: links are open, or it is said why not. */

import { BusError } from 'busbar/transport'
import rhea, {
  type Connection,
  type ConnectionOptions,
  type Receiver,
  type ReceiverOptions,
  type Sender,
} from 'rhea'
import { away, conditionOf, errorOf } from './errors.js'
import type { Settings } from './options.js'
import { openSocket } from './socket.js'

export interface Wire {
  /** What the broker calls itself; empty when it does not say. */
  readonly product: string
  readonly isUp: boolean
  /** Calls `fn` with the reason when it is over, at once if it is; gives the way to forget `fn`. */
  onLost(fn: (reason: string) => void): () => void
  /**
   * A link on a session of its own, since in one session a link without credit holds up the others. Without a target
   * each message says where it goes.
   */
  openSender(target: string | undefined, what: string): Promise<Sender>
  openReceiver(options: ReceiverOptions, what: string): Promise<Receiver>
  /** Ends a link and the session that was made for it; resolves when the broker has confirmed, or is gone. */
  closeLink(link: Sender | Receiver): Promise<void>
  /** Says goodbye; resolves when the broker has, or is gone. */
  close(): Promise<void>
  /** Ends at once. */
  abort(): void
}

/** Deliveries that rhea keeps track of on a session; a consumer changes its link before they run out. */
export const sessionDeliveries = 16_384
const sessionBuffers = { incoming: sessionDeliveries, outgoing: 4_096 }

/** Rejects with UNREACHABLE, AUTH_FAILED, or what the signal says. */
export function dial(settings: Settings, containerId: string, signal: AbortSignal): Promise<Wire> {
  const { host, port, isTls, username = 'anonymous', password } = settings
  const where = `${isTls ? 'amqps10' : 'amqp10'}://${host}:${port}`
  const options: ConnectionOptions = {
    ...{ host, port, username, reconnect: false, idle_time_out: settings.idleTimeoutMs },
    ...(password !== undefined && { password }),
    connection_details: () => ({
      ...{ host, port },
      connect: (_port: number, _host: string, _options: unknown, onOpen: () => void) =>
        openSocket(settings, onOpen),
    }),
  }
  const connection = rhea.create_container({ id: containerId }).connect(options)
  const link = new RheaWire(connection)
  return new Promise((resolve, reject) => {
    const giveUp = (): void => link.abort('nobody answered in time')
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
    const settle = (): void => signal.removeEventListener('abort', giveUp)
    connection.on('connection_open', () => {
      // A broker that refuses who comes opens all the same, and says why with the end that follows.
      if (connection.properties?.['amqp:connection-establishment-failed'] === true) return
      settle()
      link.isUp = true
      resolve(link)
    })
    link.onLost((reason) => {
      settle()
      const isAuth = /authenticat|unauthorized-access/i.test(reason)
      reject(
        isAuth
          ? new BusError(
              'AUTH_FAILED',
              `The broker at ${where} does not accept these credentials (${reason}).`,
            )
          : new BusError('UNREACHABLE', `No AMQP 1.0 broker answers at ${where} (${reason}).`),
      )
    })
  })
}

class RheaWire implements Wire {
  isUp = false
  private reason: string | undefined
  private readonly listeners = new Set<(reason: string) => void>()

  constructor(private readonly connection: Connection) {
    const on = (names: readonly string[], fn: (context: unknown) => void): void => {
      for (const name of names) connection.on(name, fn)
    }
    // What is not listened to here is thrown at the process.
    on(['session_error', 'session_close', 'sender_error', 'receiver_error'], () => {})
    on(['sender_close', 'receiver_close'], () => {})
    on(['error', 'protocol_error'], (context) => this.abort(textOf(context)))
    connection.on('connection_error', ({ error }) => this.over(textOf(error ?? connection.error)))
    on(['connection_close'], () => this.over('the broker closed the connection'))
    connection.on('disconnected', ({ error }) =>
      this.over(error === undefined ? 'it was cut' : textOf(error)),
    )
  }

  get product(): string {
    return String(this.connection.properties?.product ?? '')
  }

  onLost(fn: (reason: string) => void): () => void {
    if (this.reason === undefined) this.listeners.add(fn)
    else fn(this.reason)
    return () => this.listeners.delete(fn)
  }

  openSender(target: string | undefined, what: string): Promise<Sender> {
    return this.opened(this.session().open_sender({ target: target ?? {} }), what, target === undefined)
  }

  openReceiver(options: ReceiverOptions, what: string): Promise<Receiver> {
    return this.opened(this.session().open_receiver(options), what)
  }

  closeLink(link: Sender | Receiver): Promise<void> {
    const { session } = link
    if (!this.isUp || session.is_itself_closed()) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        forget()
        resolve()
      }
      const forget = this.onLost(end)
      session.once('session_close', end)
      session.once('session_error', end)
      link.close()
      session.close()
    })
  }

  async close(): Promise<void> {
    if (!this.isUp) return
    const over = new Promise((resolve) => this.onLost(resolve))
    this.connection.close()
    await over
  }

  abort(reason = 'this side gave up'): void {
    this.over(reason)
    // rhea has both, but not in its types: only so are its timers and the socket released at once.
    const raw = this.connection as unknown as { socket?: object; abort_socket(socket: object): void }
    if (raw.socket !== undefined) raw.abort_socket(raw.socket)
  }

  private session() {
    const session = this.connection.create_session(sessionBuffers)
    session.begin()
    return session
  }

  private over(reason: string): void {
    if (this.reason !== undefined) return
    this.isUp = false
    this.reason = reason
    const told = [...this.listeners]
    this.listeners.clear()
    for (const fn of told) fn(reason)
  }

  /** A broker that refuses a link attaches it without a terminus and then detaches it. */
  private opened<L extends Sender | Receiver>(link: L, what: string, isAnonymous = false): Promise<L> {
    const side = link.is_sender() ? 'sender' : 'receiver'
    return new Promise((resolve, reject) => {
      const forget = this.onLost((reason) => reject(away('rejected', reason)))
      const refused = (): void => {
        forget()
        reject(errorOf(link.error ?? link.session.error, what, 'rejected'))
        if (!link.session.is_itself_closed()) link.session.close()
      }
      link.once(`${side}_open`, () => {
        const { address } = (side === 'sender' ? link.target : link.source) ?? {}
        if (!isAnonymous && (address === undefined || address === null)) return
        forget()
        for (const name of [`${side}_error`, `${side}_close`]) link.removeListener(name, refused)
        link.session.removeListener('session_error', refused)
        resolve(link)
      })
      link.once(`${side}_error`, refused)
      link.once(`${side}_close`, refused)
      link.session.once('session_error', refused)
    })
  }
}

function textOf(error: unknown): string {
  const { condition, description } = conditionOf(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  const parts = [condition, description === '' ? code : description]
  return parts.filter((part) => part !== undefined).join(': ') || 'no reason was given'
}
