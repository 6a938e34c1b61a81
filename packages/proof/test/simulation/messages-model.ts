/** What a durable queue or event channel must do, as sets of messages: follows the hub over its lives and judges it. */

import type { ChannelState, Claim as Delivery, Outcome, Receipt, Start } from 'busbar/transport'
import { readBody } from './bodies.js'
import { type Claim, Copy, fits, type Group, type Instance, type State } from './copy.js'
import { checkCounts, checkLetters } from './hub-counts.js'
import { Knowledge } from './knowledge.js'
import { KnownIds } from './known-ids.js'
import { Order } from './order.js'
import { leaseMs, ttlMs } from './scenarios.js'
import type { Gap, Listener, SimWorker } from './sim-worker.js'
import { Trail } from './trail.js'
import type { World } from './world.js'

export class MessagesModel implements Listener {
  readonly instances: Instance[] = []
  readonly groups: Group[] = []
  readonly claims = new Map<number, Claim>()
  /** Tokens that are not valid any more, and how they were settled. */
  readonly stale: { readonly token: number; readonly kind: Outcome['kind'] | undefined }[] = []
  readonly ids: KnownIds
  protected readonly copies: Copy[] = []
  private readonly order: Order
  readonly knowledge: Knowledge
  /** The disk failed and consumers have heard of it: the hub ends. */
  isOver = false
  protected isPurging = false

  constructor(protected readonly world: World) {
    const { kind, guarantees } = world.channel
    this.knowledge = new Knowledge(world, (seq) => this.confirmed(seq))
    this.ids = new KnownIds(guarantees.dedupeMs !== undefined)
    this.order = new Order(guarantees.ordered)
    if (kind === 'queue') this.group(undefined, 'airport.topic.*', true).exists.push(0, [true])
  }

  tell(isSure: boolean): number {
    return this.knowledge.tell(isSure)
  }

  /** A consumer comes. */
  joined(group: Group, _start: Start): void {
    const { states } = group.exists
    if (states.includes(false)) group.exists.push(this.tell(group.kept && !states.includes(true)), [true])
  }

  group(name: string | undefined, pattern: string, kept: boolean): Group {
    const group: Group = { name, pattern, kept, exists: new Trail([false]), members: 0 }
    this.groups.push(group)
    return group
  }

  /** The hub took a message and has not said what became of it. */
  published(instance: Instance): void {
    this.instances[instance.n] = instance
    const expected = this.ids.expect(instance.id, instance.at, this.world.hasJumped)
    const seq = this.tell(expected === 'new')
    this.ids.published(instance.id, instance.n, instance.at, seq, expected)
    for (const group of this.groups) {
      if (!fits(group.pattern, instance.address) || !group.exists.states.includes(true)) continue
      if (!group.kept && group.members === 0) continue
      const isExpected = group.kept && !group.exists.states.includes(false) && expected !== 'duplicate'
      const copy = new Copy(instance, group, isExpected)
      this.copies.push(copy)
      // Whoever keeps nothing gets it when it is on disk.
      if (group.kept && expected !== 'duplicate') copy.arrive(seq, isExpected && expected === 'new')
    }
    const { life } = this.world
    instance.told = (receipt) => {
      if (life !== this.world.life) return
      if (!this.knowledge.canReach(seq) && expected === 'new')
        throw new Error('receipted though the disk had failed')
      if ((receipt.duplicate === true) !== (expected === 'duplicate') && expected !== 'either')
        throw new Error(`dedupe: message ${instance.n} (${instance.id}) was not receipted as ${expected}`)
      if (receipt.level !== 'durable' || receipt.id !== instance.id) throw new Error('a wrong receipt')
      instance.outcome = receipt.duplicate === true ? 'duplicate' : 'durable'
      this.ids.answered(instance.id, instance.n, receipt.duplicate === true)
      this.receipted(instance, receipt)
      this.knowledge.confirm(seq)
    }
  }

  protected receipted(instance: Instance, _receipt: Receipt): void {
    const isDuplicate = instance.outcome === 'duplicate'
    for (const copy of this.copies) {
      if (copy.instance !== instance) continue
      const { group } = copy
      if (isDuplicate) {
        if (!copy.trail.keep(({ at }) => at === 'absent'))
          throw new Error(`duplicate: ${copy.name} came all the same`)
      } else if (group.kept) {
        copy.endsBy = Math.max(endOf(copy), this.world.clock.now() + instance.delayMs + ttlMs)
        if (copy.isExpected) copy.trail.keep(({ at }) => at !== 'absent')
      } else copy.arrive(this.knowledge.told, group.members > 0)
    }
  }

  delivered(worker: SimWorker, { token, message, attempt, acquired }: Delivery): void {
    const { n, version } = readBody(message.body.bytes())
    const copy = this.copies.find(({ instance, group }) => instance.n === n && group === worker.group)
    if (copy === undefined) throw new Error(`unexpected: message ${n}`)
    const { key, address } = copy.instance
    copy.checkFacts(message)
    if (!fits(worker.pattern, address)) throw new Error(`${copy.name} came to somebody who does not want it`)
    if (copy.claim !== undefined) throw new Error(`${copy.name} is leased twice`)
    const { clock, hasJumped } = this.world
    const now = clock.now()
    if (this.world.channel.guarantees.ttlMs !== undefined && now >= copy.endsBy && !hasJumped)
      throw new Error(`${copy.name} came after its time to live`)
    const isSo = (state: State): boolean =>
      state.at === 'open' &&
      !state.condemned &&
      (state.due <= now || hasJumped) &&
      state.failed + 1 === attempt &&
      state.acquired + 1 === acquired &&
      state.version === version
    copy.see(isSo, `came at ${now} as attempt ${attempt}, ${acquired} times`)
    if (this.isByKey && key !== undefined)
      for (const open of this.claims.values())
        if (open.copy.instance.key === key && open.copy.group === copy.group)
          throw new Error(`${copy.name} came while another of its key is open`)
    this.order.delivered(copy, copy.states[0] as State)
    copy.change(this.tell(copy.group.kept), (state) => ({ ...state, acquired, leased: true }))
    copy.claim = { token, copy, worker, until: clock.monotonic() + leaseMs }
    this.claims.set(token, copy.claim)
    // What was handed out is known after a kill.
    if (copy.group.kept) this.knowledge.wrote()
  }

  gap(_worker: SimWorker, _gap: Gap): void {
    throw new Error('a gap where nothing may be left out')
  }

  ended(reason: string | undefined): void {
    if (reason !== 'STORE_FAILED' || !this.world.hasFailed) throw new Error(`a consumer was ended: ${reason}`)
    this.isOver = true
  }

  lost(token: number): void {
    const claim = this.claims.get(token)
    if (claim === undefined) throw new Error('lost a claim that was not open')
    this.end(claim)
    if (!this.isPurging) claim.copy.fail(this.tell(claim.copy.group.kept), 0, false)
  }

  settle(claim: Claim, outcome: Outcome): void {
    this.end(claim, outcome.kind)
    const { copy } = claim
    const seq = this.tell(copy.group.kept)
    if (outcome.kind === 'done') copy.change(seq, (state) => ({ ...state, at: 'done', leased: false }))
    else if (outcome.kind === 'drop')
      copy.change(seq, (state) => ({ ...state, at: 'dropped', leased: false }))
    else if (outcome.kind === 'reject') copy.fail(seq, 0, true)
    else copy.fail(seq, this.world.clock.now() + outcome.afterMs, false)
  }

  private end(claim: Claim, kind?: Outcome['kind']): void {
    this.claims.delete(claim.token)
    this.stale.push({ token: claim.token, kind })
    claim.copy.claim = undefined
  }

  left(worker: SimWorker, failed: boolean): void {
    for (const claim of [...this.claims.values()]) {
      if (claim.worker !== worker) continue
      this.end(claim)
      if (failed) claim.copy.fail(this.tell(claim.copy.group.kept), 0, false)
      else claim.copy.change(this.tell(claim.copy.group.kept), (state) => ({ ...state, leased: false }))
    }
    this.retired(worker)
  }

  retired({ group }: SimWorker): void {
    if (group.kept || group.members > 0) return
    for (const copy of this.copies)
      if (copy.group === group && copy.claim === undefined) copy.abandon(this.tell(false))
  }

  purge(act: () => number): void {
    const isFree = this.lettersOf().length === 0
    this.isPurging = true
    act()
    this.isPurging = false
    const seq = this.tell(true)
    for (const copy of this.copies) copy.change(seq, (state) => ({ ...state, at: 'purged', leased: false }))
    this.ids.clear(seq)
    for (const group of this.groups)
      if (group.kept && group.name !== undefined && group.members === 0 && isFree)
        group.exists.push(seq, [false])
  }

  /** What is among the dead letters, as far as the model knows. */
  lettersOf(ids?: readonly string[]): Copy[] {
    return this.copies.filter(
      (copy) => copy.may('dead') && (ids === undefined || ids.includes(copy.instance.id)),
    )
  }

  /** Whether a dead letter can go back. */
  canReturn(copy: Copy): boolean {
    return copy.group.kept || copy.group.members > 0
  }

  redriven(copies: readonly Copy[], version: number | undefined): void {
    const now = this.world.clock.now()
    for (const copy of copies) {
      const { redriven, version: old } = copy.states[0] as State
      const fresh = { failed: 0, acquired: 0, leased: false, condemned: false, due: now, born: now }
      copy.trail.push(this.tell(copy.group.kept), [
        { ...fresh, at: 'open', redriven: redriven + 1, version: version ?? old },
      ])
      copy.endsBy = Number.POSITIVE_INFINITY
    }
  }

  discarded(copies: readonly Copy[]): void {
    if (copies.length === 0) return
    const seq = this.tell(true)
    for (const copy of copies)
      copy.trail.push(
        seq,
        copy.states.map((state) => ({ ...state, at: 'discarded' })),
      )
  }

  private confirmed(seq: number): void {
    this.ids.confirm(seq)
    for (const copy of this.copies) copy.trail.confirm(seq)
    for (const { exists } of this.groups) exists.confirm(seq)
  }

  crashed(power: boolean): void {
    const floor = this.knowledge.floor(power)
    const { crashFails } = this.world.scenario
    for (const token of this.claims.keys()) this.stale.push({ token, kind: undefined })
    this.claims.clear()
    this.ids.crash(floor)
    for (const copy of this.copies) {
      copy.crash(floor, crashFails)
      copy.endsBy = copy.states.some(({ redriven }) => redriven > 0) ? Number.POSITIVE_INFINITY : endOf(copy)
    }
    for (const group of this.groups) {
      group.exists.crash(floor, (exists) => exists && group.kept)
      group.members = 0
    }
    for (const instance of this.instances) if (instance?.outcome === 'pending') instance.outcome = 'unknown'
    this.order.restart()
    this.isOver = false
    this.knowledge.crashed()
  }

  /** Compares with what the hub says of itself. */
  check(): void {
    this.age()
    const letters = this.world.letters()
    if (letters !== undefined) checkLetters(this.copies, letters, () => this.tell(false))
    const state = this.world.inspect()
    const now = this.world.clock.monotonic()
    for (const { copy, until } of this.claims.values())
      if (until <= now) throw new Error(`${copy.name} is leased for too long`)
    this.checkState(state)
  }

  protected checkState(state: ChannelState): void {
    if (state.leased !== this.claims.size)
      throw new Error(`${state.leased} are leased, not ${this.claims.size}`)
    checkCounts(this.copies, state, ['received', 'done', 'dropped', 'dead', 'expired', 'purged'])
  }

  private age(): void {
    const { guarantees } = this.world.channel
    if (guarantees.ttlMs === undefined) return
    const now = this.world.hasJumped ? Number.POSITIVE_INFINITY : this.world.clock.now()
    for (const copy of this.copies) copy.age(this.knowledge.told, now)
  }

  /** Every message has found its end. */
  checkEnd(): void {
    // What may be open was not delivered though everything was.
    for (const copy of this.copies) copy.see(({ at }) => at !== 'open', 'is lost')
    this.check()
  }

  private get isByKey(): boolean {
    return this.world.channel.guarantees.ordered
  }
}

/** When its time to live is over, if that began when it was published. */
const endOf = ({ instance }: Copy): number => instance.at + instance.delayMs + ttlMs
