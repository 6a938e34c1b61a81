/** The channels of a session: each is declared once per connection and then named by a number. */

import { BusError, type Channel, isBusError } from 'busbar/transport'
import { writeDeclare } from '../control-frames.js'
import { readJson } from '../json-text.js'
import { type Deferred, deferred } from './deferred.js'
import type { Uplink } from './uplink.js'

export interface ChannelEntry {
  readonly id: number
  readonly channel: Channel
  readonly declared: Deferred<void>
  /** The connection on which it was declared last. */
  generation: number
  /** The hub had it once: it is declared again on every connection, whatever the hub says meanwhile. */
  wasDeclared: boolean
  /** Why the hub refuses it now, though it did not always. */
  failure: BusError | undefined
}

export class Channels {
  private readonly byKey = new Map<string, ChannelEntry>()
  private readonly byChannel = new WeakMap<Channel, ChannelEntry>()
  private lastId = 0

  constructor(private readonly uplink: Uplink) {}

  /** Resolves when the hub has it; waits while the hub is away. */
  declare(channel: Channel): Promise<void> {
    const key = `${channel.kind} ${channel.name} ${channel.fingerprint}`
    let entry = this.byKey.get(key)
    if (entry === undefined) {
      this.lastId += 1
      const fresh = { generation: -1, wasDeclared: false, failure: undefined }
      entry = { id: this.lastId, channel, declared: deferred(), ...fresh }
      this.byKey.set(key, entry)
      if (this.uplink.isUp) void this.setUp(entry)
    }
    this.byChannel.set(channel, entry)
    return entry.declared.promise
  }

  /** The entry of a declared channel; NOT_FOUND for another. */
  entryOf(channel: Channel): ChannelEntry {
    const entry = this.byChannel.get(channel)
    if (entry === undefined)
      throw new BusError('NOT_FOUND', `The channel "${channel.name}" was not declared.`)
    return entry
  }

  /** Those that the present connection does not know. */
  due(): ChannelEntry[] {
    return [...this.byKey.values()].filter((entry) => entry.generation !== this.uplink.generation)
  }

  /** Never rejects: a failure is kept for those who use the channel. */
  async setUp(entry: ChannelEntry): Promise<void> {
    const { id: channelId, channel } = entry
    entry.generation = this.uplink.generation
    try {
      await this.uplink.ask((out, request) => writeDeclare(out, { request, channelId, channel }), readJson)
      entry.failure = undefined
      entry.wasDeclared = true
      entry.declared.resolve()
    } catch (error) {
      if (isBusError(error, 'DISCONNECTED') || !(error instanceof BusError)) return
      entry.failure = error
      if (!entry.wasDeclared) this.forget(entry)
      entry.declared.reject(error)
    }
  }

  failAll(reason: BusError): void {
    for (const entry of this.byKey.values()) entry.declared.reject(reason)
  }

  /** So that the next declaration asks the hub again. */
  private forget(entry: ChannelEntry): void {
    for (const [key, other] of this.byKey) if (other === entry) this.byKey.delete(key)
  }
}
