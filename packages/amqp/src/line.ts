/** The connection as its users see it: it comes back by itself, and with it all that hung on it. */

import { type BusError, createUntilAborted, type Host, isBusError } from 'busbar/transport'
import { cancelled, closed } from './errors.js'
import type { Settings } from './options.js'
import { dial, type Wire } from './wire.js'

/** Something that lives on the wire of the moment. */
export interface Tenant {
  /** A new wire is there. What it rejects with is the tenant's own affair unless the wire broke again. */
  onUp(wire: Wire): Promise<void>
  /** The wire broke. */
  onDown(reason: string): void
  /** There will be no wire any more. */
  onLost(error: BusError): void
}

export interface Line {
  /** Runs before tenants move in again. */
  prepare: (wire: Wire) => Promise<void>
  /** Undefined while the broker is away. */
  readonly wire: Wire | undefined
  /** The wire, or the next one. */
  ready(what: string, signal: AbortSignal): Promise<Wire>
  /** Brings a tenant in; it is told of what comes, not of the wire there is. Gives the way out. */
  move(tenant: Tenant): () => void
  /** Whether the broker takes nothing from a publisher: the status says so as long as there is one. */
  starve(publisher: string, isStarved: boolean): void
  /** Ends without a word, or with one. */
  close(isGentle: boolean): Promise<void>
}

const starving = 'the AMQP broker takes no messages now; its disk or an address may be full'
const firstMs = 50
const longestMs = 5_000

/** Resolves when the first connection is there. */
export async function openLine(host: Host, settings: Settings): Promise<Line> {
  const deadline = host.clock.monotonic() + settings.connectTimeoutMs
  let why: unknown
  for (let failures = 0; ; failures += 1) {
    const limit = new AbortController()
    const timer = host.clock.after(deadline - host.clock.monotonic(), () => limit.abort())
    try {
      const wire = await dial(settings, containerId(host), limit.signal)
      return new MendedLine(host, settings, wire)
    } catch (error) {
      // That the time ran out says less than what went wrong before.
      if (!limit.signal.aborted) why = error
      const leftMs = deadline - host.clock.monotonic()
      if (isFinal(error) || leftMs <= firstMs) throw why ?? error
      await rest(host, Math.min(leftMs, backoffMs(failures, host.random)))
    } finally {
      timer.cancel()
    }
  }
}

class MendedLine implements Line {
  wire: Wire | undefined
  prepare: (wire: Wire) => Promise<void> = () => Promise.resolve()
  private readonly tenants = new Set<Tenant>()
  private readonly starved = new Set<string>()
  private readonly waiting = new Set<{ up(wire: Wire): void; lost(error: BusError): void }>()
  private readonly untilAborted = createUntilAborted()
  private readonly giveUp = new AbortController()
  private over: BusError | undefined

  constructor(
    private readonly host: Host,
    private readonly settings: Settings,
    wire: Wire,
  ) {
    this.wire = wire
    wire.onLost((reason) => this.down(reason))
  }

  ready(what: string, signal: AbortSignal): Promise<Wire> {
    if (signal.aborted) return Promise.reject(cancelled(what, 'rejected', signal))
    if (this.over !== undefined) return Promise.reject(this.over)
    if (this.wire !== undefined) return Promise.resolve(this.wire)
    let leave = (): void => {}
    const next = new Promise<Wire>((up, lost) => {
      const one = { up, lost }
      this.waiting.add(one)
      leave = () => this.waiting.delete(one)
    })
    return this.untilAborted(next, signal, () => {
      leave()
      return cancelled(what, 'rejected', signal)
    })
  }

  move(tenant: Tenant): () => void {
    this.tenants.add(tenant)
    return () => this.tenants.delete(tenant)
  }

  starve(publisher: string, isStarved: boolean): void {
    const before = this.starved.size
    if (isStarved) this.starved.add(publisher)
    else this.starved.delete(publisher)
    if (this.wire === undefined || before > 0 === this.starved.size > 0) return
    if (isStarved) this.host.onState('reconnecting', starving)
    else this.host.onState('connected')
  }

  async close(isGentle: boolean): Promise<void> {
    const { wire } = this
    this.end(closed())
    if (isGentle) await wire?.close()
    else wire?.abort()
  }

  private down(reason: string): void {
    if (this.over !== undefined) return
    const isNew = this.wire !== undefined
    this.wire = undefined
    for (const tenant of [...this.tenants]) tenant.onDown(reason)
    if (!isNew) return
    this.host.onState('reconnecting', `the AMQP broker is away: ${reason}`)
    void this.mend()
  }

  private async mend(): Promise<void> {
    for (let failures = 0; this.over === undefined; failures += 1) {
      try {
        const wire = await this.dialAgain()
        if (await this.moveIn(wire)) return
      } catch (error) {
        if (isFinal(error)) return this.fail(error)
      }
      await rest(this.host, backoffMs(failures, this.host.random))
    }
  }

  private async dialAgain(): Promise<Wire> {
    const limit = new AbortController()
    const timer = this.host.clock.after(this.settings.connectTimeoutMs, () => limit.abort())
    try {
      return await dial(
        this.settings,
        containerId(this.host),
        AbortSignal.any([limit.signal, this.giveUp.signal]),
      )
    } finally {
      timer.cancel()
    }
  }

  /** Tenants come back before those who wait, so that what is published then finds its consumers. */
  private async moveIn(wire: Wire): Promise<boolean> {
    const forget = wire.onLost((reason) => {
      for (const tenant of [...this.tenants]) tenant.onDown(reason)
    })
    await this.prepare(wire)
    if (wire.isUp) await Promise.allSettled([...this.tenants].map((tenant) => tenant.onUp(wire)))
    forget()
    if (this.over !== undefined) wire.abort()
    if (!wire.isUp) return false
    this.wire = wire
    this.host.onState('connected')
    const woken = [...this.waiting]
    this.waiting.clear()
    for (const one of woken) one.up(wire)
    wire.onLost((reason) => this.down(reason))
    return true
  }

  private fail(error: BusError): void {
    this.host.onState('lost', error.message)
    this.end(error)
  }

  private end(error: BusError): void {
    if (this.over !== undefined) return
    this.over = error
    this.wire = undefined
    this.giveUp.abort()
    const [woken, tenants] = [[...this.waiting], [...this.tenants]]
    this.waiting.clear()
    this.tenants.clear()
    for (const one of woken) one.lost(error)
    for (const tenant of tenants) tenant.onLost(error)
  }
}

function isFinal(error: unknown): error is BusError {
  return isBusError(error, 'AUTH_FAILED')
}

/** Full jitter, so that clients do not come back in waves. */
function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(longestMs, firstMs * 2 ** Math.min(failures, 16))
}

const rest = (host: Host, ms: number): Promise<void> =>
  new Promise((resolve) => void host.clock.after(ms, resolve, { keepAlive: true }))

const containerId = (host: Host): string => `${host.service}-${host.instance}`
