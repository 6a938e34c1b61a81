/** One link: a PULL socket for all that comes, an outbox for each peer, and who listens to which number. */

import { type Frame, packFrame, unpackFrame } from '@busbar/adapter'
import type { Host, PublishRequest } from 'busbar/transport'
import { isBusError } from 'busbar/transport'
import { Pull } from 'zeromq'
import { maxMessageBytes } from './capabilities.js'
import { writeEvent } from './event-form.js'
import { readItems, writeItem } from './items.js'
import { type Keys, serverSecurity } from './keys.js'
import type { Settings } from './options.js'
import { Outbox } from './outbox.js'
import { Table, type Target } from './table.js'

/** Headers and batches beside the payload. */
const slackBytes = 1_048_576

export class Link {
  readonly table = new Table((link) => this.gone(link))
  onFrame: (frame: Frame) => void = () => undefined
  /** A link is no more. */
  onGone: (link: string) => void = () => undefined
  private readonly pull: Pull
  private readonly outboxes = new Map<string, Outbox>()
  private readonly listeners = new Map<number, (content: Buffer) => void>()
  /** Of each group: who was last. */
  private readonly turns = new Map<string, number>()
  private taking: Promise<void> = Promise.resolve()
  private lastNumber = 0

  constructor(
    readonly host: Host,
    readonly settings: Settings,
    readonly keys: Keys | undefined,
    /** Whoever knows it can speak to the link. */
    readonly name: string,
  ) {
    this.pull = new Pull({
      ...{ linger: 0, receiveHighWaterMark: 32, maxMessageSize: maxMessageBytes + slackBytes },
      ...{ heartbeatInterval: 1_000, heartbeatTimeout: 3_000, ...serverSecurity(keys) },
    })
  }

  /** Gives the place that others are told. */
  async bind(): Promise<string> {
    await this.pull.bind(this.settings.listen)
    this.taking = this.take()
    return this.settings.advertise ?? this.pull.lastEndpoint ?? this.settings.listen
  }

  nextNumber(): number {
    this.lastNumber += 1
    return this.lastNumber
  }

  /** Events as `writeEvent` made them, openings as packed frames. */
  listen(number: number, fn: (content: Buffer) => void): void {
    this.listeners.set(number, fn)
  }

  unlisten(number: number): void {
    this.listeners.delete(number)
  }

  /** One copy to each consumer without a group, one to a member of each group. QUEUE_FULL before any was sent. */
  publish({ channel, message }: PublishRequest): Promise<unknown> | undefined {
    const targets = this.takersOf(channel.name, message.address)
    if (targets.size === 0) return undefined
    const event = writeEvent(message)
    const ready: (readonly [Outbox, readonly number[]])[] = []
    for (const [link, numbers] of targets) {
      const outbox = this.outboxOf(link)
      outbox?.assertRoom(event.byteLength)
      if (outbox !== undefined) ready.push([outbox, numbers])
    }
    const sent = ready.map(([outbox, numbers]) => outbox.push(writeItem(numbers, event)))
    return sent.length === 1 ? sent[0] : Promise.all(sent)
  }

  /** One that serves the address; those whose connection is whole before others. */
  serverOf(channel: string, address: string): Target | undefined {
    const all = this.table.of(channel).filter(({ kind, matches }) => kind !== 'event' && matches(address))
    return this.pick(`serve ${channel}`, all)
  }

  /** False when the link is no more. */
  async send(link: string, numbers: readonly number[], frame: Frame): Promise<boolean> {
    return (await this.outboxOf(link)?.push(writeItem(numbers, packFrame(frame)))) ?? false
  }

  /** Resolves when nothing waits for a peer that is there. */
  async idle(): Promise<void> {
    const live = [...this.outboxes.values()].filter(({ isUp }) => isUp)
    await Promise.all(live.map((outbox) => outbox.idle()))
  }

  async close(): Promise<void> {
    for (const outbox of this.outboxes.values()) outbox.close()
    this.pull.close()
    await this.taking
  }

  private takersOf(channel: string, address: string): Map<string, number[]> {
    const takers = new Map<string, number[]>()
    const groups = new Map<string, Target[]>()
    const add = ({ link, number }: Target): void => {
      const numbers = takers.get(link)
      if (numbers === undefined) takers.set(link, [number])
      else numbers.push(number)
    }
    for (const target of this.table.of(channel)) {
      if (!target.matches(address)) continue
      const { group } = target
      if (group === undefined) add(target)
      else groups.set(group, [...(groups.get(group) ?? []), target])
    }
    for (const [group, members] of groups) {
      const member = this.pick(`group ${channel} ${group}`, members)
      if (member !== undefined) add(member)
    }
    return takers
  }

  private pick(turn: string, among: readonly Target[]): Target | undefined {
    if (among.length <= 1) return among[0]
    const up = among.filter(({ link }) => this.outboxes.get(link)?.isUp !== false)
    const from = up.length > 0 ? up : among
    const next = (this.turns.get(turn) ?? Math.floor(this.host.random() * from.length)) + 1
    this.turns.set(turn, next)
    return from[next % from.length]
  }

  private outboxOf(link: string): Outbox | undefined {
    const known = this.outboxes.get(link)
    const address = this.table.addressOf(link)
    if (known !== undefined || address === undefined) return known
    const outbox = new Outbox(address, this.keys, this.settings.maxQueuedBytes)
    this.outboxes.set(link, outbox)
    return outbox
  }

  private gone(link: string): void {
    this.outboxes.get(link)?.drop()
    this.outboxes.delete(link)
    this.onGone(link)
  }

  private async take(): Promise<void> {
    for await (const [batch] of this.pull) {
      try {
        if (batch !== undefined) this.on(batch)
      } catch (error) {
        // What another link garbled must not end this one.
        if (!isBusError(error, 'PROTOCOL_ERROR')) throw error
      }
    }
  }

  private on(batch: Buffer): void {
    for (const { numbers, content } of readItems(batch)) {
      if (numbers.length === 0) this.onFrame(unpackFrame(content))
      for (const number of numbers) this.listeners.get(number)?.(content)
    }
  }
}
