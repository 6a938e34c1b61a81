/** What this link knows of all links, itself included: who takes what. */

import { type Kind, matcher } from 'busbar/transport'
import type { Entry, Member } from './directory-messages.js'

/** One entry of one link, ready to be asked. */
export interface Target {
  readonly link: string
  readonly number: number
  readonly kind: Kind
  readonly group: string | undefined
  readonly matches: (address: string) => boolean
}

const nobody: readonly Target[] = []

export class Table {
  private readonly members = new Map<string, Member>()
  /** Known only from a directory that is no more. */
  private readonly unconfirmed = new Set<string>()
  private readonly byChannel = new Map<string, Target[]>()

  /** `onGone` is called for links that will not come back. */
  constructor(private readonly onGone: (link: string) => void) {}

  has(link: string): boolean {
    return this.members.has(link)
  }

  addressOf(link: string): string | undefined {
    return this.members.get(link)?.address
  }

  of(channel: string): readonly Target[] {
    return this.byChannel.get(channel) ?? nobody
  }

  set(member: Member): void {
    this.unconfirmed.delete(member.link)
    this.forget(member.link)
    this.members.set(member.link, member)
    for (const entry of member.entries) this.index(member.link, entry)
  }

  drop(link: string): void {
    if (!this.members.has(link)) return
    this.unconfirmed.delete(link)
    this.forget(link)
    this.members.delete(link)
    this.onGone(link)
  }

  dropUnconfirmed(link: string): void {
    if (this.unconfirmed.has(link)) this.drop(link)
  }

  /** Takes over what the directory says of others; gives the links that it does not know. */
  replace(members: readonly Member[], own: string): readonly string[] {
    const stale = new Set(this.members.keys())
    stale.delete(own)
    for (const member of members) {
      stale.delete(member.link)
      this.set(member)
    }
    for (const link of stale) this.unconfirmed.add(link)
    return [...stale]
  }

  private index(link: string, { number, channel, kind, pattern, group }: Entry): void {
    const targets = this.byChannel.get(channel) ?? []
    targets.push({ link, number, kind, group, matches: matcher(pattern) })
    this.byChannel.set(channel, targets)
  }

  private forget(link: string): void {
    for (const { channel } of this.members.get(link)?.entries ?? []) {
      const left = this.byChannel.get(channel)?.filter((target) => target.link !== link) ?? []
      if (left.length === 0) this.byChannel.delete(channel)
      else this.byChannel.set(channel, left)
    }
  }
}
