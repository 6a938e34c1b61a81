/** This link's side of the directory: announces what the link takes, and hears of the others. */

import { BusError, type Host, type Kind, type Timer } from 'busbar/transport'
import { Dealer } from 'zeromq'
import {
  type Entry,
  type FromDirectory,
  type Member,
  parse,
  pingMs,
  silenceMs,
  type ToDirectory,
} from './directory-messages.js'
import { closed } from './failures.js'
import { clientSecurity, type Keys } from './keys.js'
import type { Table } from './table.js'

export interface MembershipEvents {
  /** The connection to the directory broke. */
  onCut(): void
  /** The directory cannot be reached; called again and again until it can. */
  onAway(): void
  /** It knows this link again. */
  onBack(): void
  /** Others have taken these entries while this link was away. */
  onTaken(numbers: readonly number[]): void
}

export interface Place {
  readonly link: string
  readonly address: string
  readonly url: string
  readonly keys: Keys | undefined
}

interface Waiter {
  readonly n: number
  /** Nobody needs to be asked whether something may go. */
  readonly isRemoval: boolean
  resolve(): void
  reject(error: BusError): void
}

export class Membership {
  /** Whether anybody answers there, and whether he speaks with us: tells why a link does not come about. */
  hasConnected = false
  private readonly dealer: Dealer
  private readonly kinds: Record<string, Kind> = Object.create(null)
  private readonly entries = new Map<number, Entry>()
  private readonly taking: Promise<void>
  private changes: Promise<unknown> = Promise.resolve()
  private waiter: Waiter | undefined
  private pings: Timer | undefined
  private epoch: string | undefined
  private lastN = 0
  private isUp = false
  private hasLeft = false
  private isOver = false

  constructor(
    private readonly host: Host,
    private readonly place: Place,
    private readonly table: Table,
    private readonly events: MembershipEvents,
  ) {
    this.dealer = new Dealer({
      ...{ routingId: place.link, linger: 500, reconnectInterval: 50, reconnectMaxInterval: 1_000 },
      ...{ heartbeatInterval: 1_000, heartbeatTimeout: 3_000, ...clientSecurity(place.keys) },
    })
    const { events: monitor } = this.dealer
    monitor.on('connect', () => {
      this.hasConnected = true
    })
    // What is asked again after each break is the whole state: answers that were under way do not matter.
    monitor.on('handshake', () => {
      if (!this.hasLeft) this.announce(true)
    })
    monitor.on('disconnect', () => this.cut())
    monitor.on('connect:retry', () => this.cut())
    this.dealer.connect(place.url)
    this.taking = this.take()
  }

  /** Resolves when the directory and all other links know of this one. */
  join(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiter = { n: this.lastN, isRemoval: false, resolve, reject }
      this.ping()
    })
  }

  /** Resolves when all others act upon it; what the directory refuses is undone. */
  add(entry: Entry): Promise<void> {
    return this.change(
      () => this.entries.set(entry.number, entry),
      () => this.entries.delete(entry.number),
    )
  }

  /** Resolves when nobody sends for the entry any more. */
  async remove(number: number): Promise<void> {
    if (!this.entries.delete(number)) return
    this.table.set(this.member)
    // While the directory is away the others hear of it with the rest as soon as it is back.
    if (this.isUp) await this.exclusively(() => this.ask(() => this.announce(false), true))
  }

  async declare(name: string, kind: Kind): Promise<void> {
    if (this.kinds[name] === kind) return
    const before = this.kinds[name]
    if (before !== undefined) {
      throw new BusError('CONTRACT_MISMATCH', `"${name}" is declared as ${before}, not as ${kind}.`, {
        outcome: 'rejected',
      })
    }
    await this.change(
      () => {
        this.kinds[name] = kind
      },
      () => delete this.kinds[name],
    )
  }

  /** Resolves when the directory has let this link go; at once while it is away. */
  leave(): Promise<void> {
    this.pings?.cancel()
    this.hasLeft = true
    if (!this.isUp) return Promise.resolve()
    return this.exclusively(() => this.ask((n) => this.say({ op: 'leave', n }), true))
  }

  async close(): Promise<void> {
    this.isOver = true
    this.pings?.cancel()
    this.waiter?.reject(closed())
    this.waiter = undefined
    this.dealer.close()
    await this.taking
  }

  private change(apply: () => void, undo: () => void): Promise<void> {
    return this.exclusively(async () => {
      if (this.isOver || this.hasLeft) throw closed()
      apply()
      try {
        await this.ask(() => this.announce(false), false)
      } catch (error) {
        undo()
        throw error
      }
    })
  }

  private exclusively(fn: () => Promise<void>): Promise<void> {
    const result = this.changes.then(fn)
    this.changes = result.catch(() => undefined)
    return result
  }

  private ask(say: (n: number) => void, isRemoval: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isOver) throw closed()
      this.lastN += 1
      this.waiter = { n: this.lastN, isRemoval, resolve, reject }
      // While the directory is away it is told with the rest as soon as it is back.
      if (this.isUp) say(this.lastN)
    })
  }

  private get member(): Member {
    const { link, address } = this.place
    return { link, address, kinds: this.kinds, entries: [...this.entries.values()] }
  }

  private announce(isNew: boolean): void {
    this.say({ op: 'announce', n: this.lastN, isNew, member: this.member })
  }

  private say(message: ToDirectory): void {
    if (this.isOver) return
    // What cannot be sent is said again after the next handshake.
    this.dealer.send(JSON.stringify(message)).catch(() => undefined)
  }

  private cut(): void {
    if (this.isOver) return
    const wasUp = this.isUp
    this.isUp = false
    if (wasUp) this.events.onCut()
    if (this.waiter?.isRemoval === true) this.answered()?.resolve()
    this.events.onAway()
  }

  private ping(): void {
    this.pings = this.host.clock.after(pingMs, () => {
      if (this.isUp) this.say({ op: 'ping' })
      this.ping()
    })
  }

  private async take(): Promise<void> {
    for await (const [data] of this.dealer) {
      if (data !== undefined && !this.isOver) this.on(parse<FromDirectory>(data))
    }
  }

  private on(message: FromDirectory): void {
    switch (message.op) {
      case 'table':
        this.onTable(message)
        break
      case 'member':
        this.table.set(message.member)
        this.say({ op: 'ack', version: message.version })
        break
      case 'gone':
        this.table.drop(message.link)
        break
      case 'unknown':
        if (!this.hasLeft) this.announce(true)
        break
      case 'announced':
        this.onAnnounced(message.n, message.lost)
        break
      case 'refused':
        if (message.n === this.waiter?.n) {
          this.answered()?.reject(new BusError(message.code, message.text, { outcome: 'rejected' }))
        }
    }
  }

  private onTable({ epoch, members }: FromDirectory & { readonly op: 'table' }): void {
    const isOther = this.epoch !== undefined && this.epoch !== epoch
    this.epoch = epoch
    const stale = this.table.replace(members, this.place.link)
    if (!isOther) for (const link of stale) this.table.drop(link)
    // A directory that has just begun does not know yet who is there.
    else {
      this.host.clock.after(silenceMs, () => {
        if (this.epoch === epoch) for (const link of stale) this.table.dropUnconfirmed(link)
      })
    }
  }

  private onAnnounced(n: number, lost: readonly number[]): void {
    if (lost.length > 0) {
      for (const number of lost) this.entries.delete(number)
      this.events.onTaken(lost)
    }
    this.table.set(this.member)
    const wasUp = this.isUp
    this.isUp = true
    if (!wasUp) this.events.onBack()
    if (this.waiter === undefined) return
    if (n >= this.waiter.n) this.answered()?.resolve()
    // Asked for since the link announced itself, which did not say it.
    else if (!wasUp) this.announce(false)
  }

  private answered(): Waiter | undefined {
    const { waiter } = this
    this.waiter = undefined
    return waiter
  }
}
