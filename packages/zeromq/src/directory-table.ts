/** The table behind a directory: every change is answered when all other links act upon it. */

import { type Clock, isBusError, type Timer } from 'busbar/transport'
import { conflictsOf } from './conflicts.js'
import { type FromDirectory, type Member, parse, silenceMs, type ToDirectory } from './directory-messages.js'

interface Known {
  readonly member: Member
  heardAt: number
  /** It could not be reached last; it will ask for the table when it is back. */
  isAway: boolean
}

interface Pending {
  /** The link whose change the others are to act upon. */
  readonly of: string
  readonly waiting: Set<string>
  done(): void
}

export class DirectoryTable {
  private readonly known = new Map<string, Known>()
  private readonly pending = new Map<number, Pending>()
  private version = 0
  private timer: Timer | undefined
  private isStopped = false

  constructor(
    private readonly epoch: string,
    private readonly clock: Clock,
    private readonly send: (link: string, message: FromDirectory) => void,
  ) {
    this.look()
  }

  take(link: string, data: Buffer): void {
    if (this.isStopped) return
    try {
      this.on(link, parse<ToDirectory>(data))
    } catch (error) {
      // A stranger who holds the token but speaks another language is not answered.
      if (!isBusError(error, 'PROTOCOL_ERROR')) throw error
    }
  }

  /** It could not be told; nobody waits for it. */
  away(link: string): void {
    const known = this.known.get(link)
    if (known === undefined) return
    known.isAway = true
    this.release(link)
  }

  stop(): void {
    this.isStopped = true
    this.timer?.cancel()
  }

  private on(link: string, message: ToDirectory): void {
    if (message.op === 'announce') {
      this.announce(link, message)
      return
    }
    const known = this.known.get(link)
    if (known !== undefined) known.heardAt = this.clock.monotonic()
    if (message.op === 'leave') {
      this.drop(link)
      this.send(link, { op: 'announced', n: message.n, lost: [] })
    } else if (known === undefined || known.isAway) this.send(link, { op: 'unknown' })
    else if (message.op === 'ack') this.acked(link, message.version)
  }

  private announce(link: string, { n, isNew, member }: ToDirectory & { readonly op: 'announce' }): void {
    const before = this.known.get(link)
    if (!isNew && (before === undefined || before.isAway)) {
      this.send(link, { op: 'unknown' })
      return
    }
    const others = [...this.known].filter(([name]) => name !== link)
    const conflicts = conflictsOf(
      member,
      others.map(([, known]) => known.member),
    )
    const [first] = conflicts
    if (first !== undefined && !isNew) {
      this.send(link, { op: 'refused', n, code: first.code, text: first.text })
      return
    }
    const lost = conflicts.flatMap(({ number }) => number ?? [])
    const kept = { ...member, entries: member.entries.filter(({ number }) => !lost.includes(number)) }
    if (isNew) {
      this.release(link)
      this.send(link, { op: 'table', epoch: this.epoch, members: others.map(([, known]) => known.member) })
    }
    this.known.set(link, { member: kept, heardAt: this.clock.monotonic(), isAway: false })
    this.tell(others, kept, () => this.send(link, { op: 'announced', n, lost }))
  }

  private tell(others: readonly (readonly [string, Known])[], member: Member, done: () => void): void {
    this.version += 1
    const { version } = this
    const waiting = new Set(others.filter(([, { isAway }]) => !isAway).map(([name]) => name))
    if (waiting.size === 0) {
      done()
      return
    }
    this.pending.set(version, { of: member.link, waiting, done })
    for (const name of waiting) this.send(name, { op: 'member', version, member })
  }

  private acked(link: string, version: number): void {
    const pending = this.pending.get(version)
    if (pending?.waiting.delete(link) !== true || pending.waiting.size > 0) return
    this.pending.delete(version)
    pending.done()
  }

  private release(link: string): void {
    for (const version of [...this.pending.keys()]) this.acked(link, version)
  }

  private drop(link: string): void {
    if (!this.known.delete(link)) return
    this.release(link)
    for (const [name, { isAway }] of this.known) if (!isAway) this.send(name, { op: 'gone', link })
  }

  /** Links that say nothing any more are gone. Others are told again: what a break swallowed, or that they cannot be told. */
  private look(): void {
    const latest = this.clock.monotonic() - silenceMs
    for (const [link, { heardAt }] of [...this.known]) if (heardAt < latest) this.drop(link)
    for (const [version, { of, waiting }] of this.pending) {
      const member = this.known.get(of)?.member
      if (member === undefined) continue
      for (const link of waiting) this.send(link, { op: 'member', version, member })
    }
    this.timer = this.clock.after(silenceMs / 4, () => this.look())
  }
}
