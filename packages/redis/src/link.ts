/** What everything on one link shares. */

import type { BusErrorCode, Channel, Consumer, Host, MaybePromise } from 'busbar/transport'
import type { Argument, Connection } from './connection.js'
import { baseOf, scriptSettings } from './names.js'
import type { Settings } from './options.js'
import type { Reply } from './replies.js'
import type { Script } from './scripts/script.js'

/** Whatever lives on a link and must come back with it. */
export interface Tenant {
  readonly consumer: Consumer
  /** After a cut: says again what the server may have forgotten; `isOther` when it was started anew meanwhile. */
  onBack(isOther: boolean): Promise<void>
  /** Ends at once; resolves when the server was told. */
  abandon(why: BusErrorCode): MaybePromise<void>
}

export class Link {
  readonly tenants = new Set<Tenant>()
  private readonly listeners = new Map<number, (data: Buffer) => void>()
  private lastNumber = 0

  constructor(
    readonly host: Host,
    readonly settings: Settings,
    readonly connection: Connection,
    /** The Pub/Sub channel of this link; names it everywhere. */
    readonly name: string,
  ) {}

  base(channel: { readonly name: string }): string {
    return baseOf(this.settings.prefix, channel)
  }

  run(script: Script, channel: Channel, args: readonly Argument[]): Promise<Reply> {
    return this.connection.run(script, this.base(channel), this.argsOf(channel, args))
  }

  runOnce(script: Script, channel: Channel, args: readonly Argument[]): Promise<Reply> {
    return this.connection.runOnce(script, this.base(channel), this.argsOf(channel, args))
  }

  /** A number by which the link's channel tells apart for whom a message is; 0 is for exchanges. */
  nextNumber(): number {
    this.lastNumber += 1
    return this.lastNumber
  }

  listen(number: number, fn: (data: Buffer) => void): void {
    this.listeners.set(number, fn)
  }

  unlisten(number: number): void {
    this.listeners.delete(number)
  }

  /** What came on the link's channel: a number, a line break, and what it is. */
  onMessage(data: Buffer): void {
    const end = data.indexOf(0x0a)
    if (end < 1 || end > 12) return
    this.listeners.get(Number(data.toString('latin1', 0, end)))?.(data.subarray(end + 1))
  }

  private argsOf(channel: Channel, args: readonly Argument[]): readonly Argument[] {
    return [scriptSettings(channel), new Date(this.host.clock.now()).toISOString(), ...args]
  }
}
