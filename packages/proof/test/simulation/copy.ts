/** One message in one group, with all the states it may be in. */

import type { EngineConsumer, Message, Receipt } from 'busbar/transport'
import { attempts, ttlMs } from './scenarios.js'
import { Trail } from './trail.js'

/** `discarded`: as a dead letter. */
export type Spot = 'absent' | 'open' | 'done' | 'dropped' | 'dead' | 'expired' | 'purged' | 'discarded'

export interface State {
  readonly at: Spot
  readonly failed: number
  readonly acquired: number
  readonly redriven: number
  readonly leased: boolean
  /** It is to die, and does as soon as there is room among the dead letters. */
  readonly condemned: boolean
  /** Which body it has. */
  readonly version: number
  /** Wall time before which it is not handed out. */
  readonly due: number
  /** Wall time from which its time to live runs. */
  readonly born: number
}

/** One publish. */
export interface Instance {
  readonly n: number
  readonly id: string
  readonly key: string | undefined
  readonly address: string
  readonly priority: number
  readonly delayMs: number
  readonly size: number
  readonly at: number
  outcome: 'pending' | 'durable' | 'duplicate' | 'unknown'
  /** Of a stream's record, as soon as it is known. */
  offset?: number
  /** To be called with its receipt. */
  told?: (receipt: Receipt) => void
}

/** A group of consumers; those without a name are made anew at each joining and nothing of them is kept. */
export interface Group {
  readonly name: string | undefined
  readonly pattern: string
  readonly kept: boolean
  readonly exists: Trail<boolean>
  /** Consumers that did not stop. */
  members: number
  /** Offset of the next record, where that is known of a reader. */
  cursor?: number | undefined
}

export interface Claim {
  readonly token: number
  readonly copy: Copy
  readonly worker: { readonly consumer: EngineConsumer }
  until: number
}

const absent: State = {
  at: 'absent',
  failed: 0,
  acquired: 0,
  redriven: 0,
  leased: false,
  condemned: false,
  version: 0,
  due: 0,
  born: 0,
}

export class Copy {
  readonly trail = new Trail<State>([absent])
  claim: Claim | undefined
  /** Wall time at which its time to live is over for sure. */
  endsBy = Number.POSITIVE_INFINITY

  constructor(
    readonly instance: Instance,
    readonly group: Group,
    /** The group was there for sure when it was published. */
    readonly isExpected: boolean,
  ) {}

  get states(): readonly State[] {
    return this.trail.states
  }

  get name(): string {
    const { n, id } = this.instance
    return `message ${n} (${id}) of ${this.group.name ?? (this.group.kept ? 'the queue' : 'nobody')}`
  }

  /** Only states that fit are possible; it is wrong when there are none. */
  see(fits: (state: State) => boolean, what: string): void {
    const before = this.states
    if (!this.trail.keep(fits)) throw new Error(`${this.name} ${what}, but is ${JSON.stringify(before)}`)
  }

  /** Whoever shows it shows it as it was published. */
  checkFacts({ id, key, address, headers }: Message): void {
    const { instance } = this
    const isSame = id === instance.id && key === instance.key && address === instance.address
    if (!isSame || headers.source !== 'simulation') throw new Error(`altered: ${this.name}`)
  }

  may(at: Spot): boolean {
    return this.states.some((state) => state.at === at)
  }

  /** It was told to its group. */
  arrive(seq: number, isSure: boolean): void {
    const due = this.instance.at + this.instance.delayMs
    const open: State = { ...absent, at: 'open', due, born: due }
    this.trail.push(seq, isSure ? [open] : [absent, open])
  }

  /** Its group is there, for the first time or maybe since before; `mayPass` when it may begin behind the record. */
  joined(seq: number, { isNew, mayPass }: { readonly isNew: boolean; readonly mayPass: boolean }): void {
    const open: State = { ...absent, at: 'open' }
    this.trail.push(seq, [...(isNew ? [] : this.states), open, ...(mayPass ? [absent] : [])])
  }

  /** Changes those states that are open; the others stay. */
  change(seq: number, change: (state: State) => State): void {
    if (this.may('open'))
      this.trail.push(
        seq,
        this.states.map((state) => (state.at === 'open' ? change(state) : state)),
      )
  }

  /** A try failed; `isFinal` when it is not to be tried again. */
  fail(seq: number, due: number, isFinal: boolean): void {
    this.change(seq, (state) => {
      const failed = state.failed + 1
      return { ...state, failed, due, condemned: isFinal || failed >= attempts, leased: false }
    })
    if (!this.group.kept && this.group.members === 0) this.abandon(seq)
  }

  /** Nobody is there any more who would keep it; it may have become a dead letter before. */
  abandon(seq: number): void {
    this.change(seq, (state) => (state.condemned ? state : { ...state, at: 'dropped' }))
    this.widen(seq, 'dropped', ({ condemned }) => condemned)
  }

  /** Its time to live may be over. */
  age(seq: number, now: number): void {
    this.widen(seq, 'expired', ({ born, leased, condemned }) => !leased && !condemned && born + ttlMs <= now)
  }

  /** Retention may have removed it. */
  remove(seq: number): void {
    this.widen(seq, 'absent', ({ leased }) => !leased)
  }

  private widen(seq: number, at: Spot, fits: (state: State) => boolean): void {
    const more = this.states.filter((state) => state.at === 'open' && fits(state))
    if (more.length > 0 && !this.may(at))
      this.trail.push(seq, [...this.states, ...more.map((state) => ({ ...state, at }))])
  }

  crash(seq: number, crashFails: boolean): void {
    this.claim = undefined
    this.trail.crash(seq, (state) => {
      // What nobody keeps is no more, but its dead letters are.
      if (!this.group.kept && state.at !== 'dead' && state.at !== 'discarded') return absent
      if (state.at !== 'open') return state
      const failed = state.leased && crashFails ? state.failed + 1 : state.failed
      const due = failed > state.failed ? 0 : state.due
      return { ...state, failed, due, leased: false, condemned: failed >= attempts }
    })
  }
}

/** Whether the pattern of a simulated consumer takes an address. */
export function fits(pattern: string, address: string): boolean {
  return pattern.endsWith('*') || pattern === address
}
