/** What a durable stream must do: offsets that stay, groups that go on where they were, readers that miss nothing unsaid. */

import type { ChannelState, Claim as Delivery, Receipt, Start } from 'busbar/transport'
import { Copy, fits, type Group, type Instance } from './copy.js'
import { checkCounts } from './hub-counts.js'
import { MessagesModel } from './messages-model.js'
import type { Gap, SimWorker } from './sim-worker.js'

export class StreamModel extends MessagesModel {
  /** Of records that were receipted or delivered: no other may ever have that offset. */
  private readonly owners = new Map<number, Instance>()
  private gaps: Gap[] = []

  /** Somebody reads with a group that may be new, or as a reader of his own. */
  override joined(group: Group, start: Start): void {
    if (!group.exists.states.includes(false)) return
    const isNew = !group.exists.states.includes(true)
    const seq = this.tell(group.kept && isNew)
    group.exists.push(seq, [true])
    const { first = 0, next = 0 } = this.world.inspect()
    const from =
      start === 'start' ? first : typeof start === 'object' && 'offset' in start ? start.offset : next
    if (!group.kept) group.cursor = start === 'end' ? undefined : Math.max(first, from)
    for (const instance of this.instances) {
      if (instance === undefined || instance.outcome === 'duplicate') continue
      if (!fits(group.pattern, instance.address)) continue
      const known = this.copies.find((copy) => copy.group === group && copy.instance === instance)
      const { offset, outcome } = instance
      const isPassed = offset !== undefined && offset < Math.max(first, from)
      if (isPassed && known === undefined) continue
      const copy = known ?? new Copy(instance, group, !isPassed && outcome === 'durable')
      if (known === undefined) this.copies.push(copy)
      // A reader gets what is on its way when it is on disk.
      if (group.kept || outcome !== 'pending')
        copy.joined(seq, { isNew, mayPass: isPassed || offset === undefined })
    }
  }

  protected override receipted(instance: Instance, receipt: Receipt): void {
    super.receipted(instance, receipt)
    const { offset } = receipt
    if (offset === undefined) throw new Error(`S1 record ${instance.n} was receipted without an offset`)
    if (receipt.duplicate !== true) this.learn(instance, offset)
    else if ((this.owners.get(offset)?.id ?? instance.id) !== instance.id)
      throw new Error(`S1 record ${instance.n} is no duplicate of the one at ${offset}`)
  }

  private learn(instance: Instance, offset: number): void {
    const owner = this.owners.get(offset) ?? instance
    if (owner !== instance || (instance.offset ?? offset) !== offset)
      throw new Error(`S1 record ${instance.n} has offset ${offset}, which is of ${owner.n}`)
    this.owners.set(offset, instance)
    instance.offset = offset
  }

  override delivered(worker: SimWorker, delivery: Delivery): void {
    super.delivered(worker, delivery)
    const { offset, acquired, token } = delivery
    const copy = this.claims.get(token)?.copy
    if (offset === undefined || copy === undefined) throw new Error('S1 a record came without an offset')
    this.learn(copy.instance, offset)
    const { group } = worker
    const isBack = copy.states.some(({ redriven }) => redriven > 0)
    if (group.kept || isBack || acquired > 1 || this.world.channel.guarantees.ordered) return
    if (group.cursor !== undefined && offset > group.cursor)
      throw new Error(`S1 a reader got ${offset} instead of ${group.cursor}`)
    group.cursor = Math.max(offset + 1, group.cursor ?? 0)
  }

  override gap({ group }: SimWorker, gap: Gap): void {
    this.gaps.push(gap)
    if (gap.from === undefined || gap.to === undefined || gap.count !== gap.to - gap.from + 1)
      throw new Error(`S1 a gap that says nothing: ${JSON.stringify(gap)}`)
    if (group.cursor !== undefined && gap.from > group.cursor)
      throw new Error(`S1 a gap from ${gap.from} on, at ${group.cursor}`)
    if (!group.kept) group.cursor = gap.to + 1
  }

  override purge(act: () => number): void {
    this.isPurging = true
    act()
    this.isPurging = false
    const seq = this.tell(true)
    for (const copy of this.copies) {
      // Nobody looks any more at what a reader has that stopped.
      if (!copy.group.kept && copy.group.members === 0) continue
      if (copy.instance.outcome === 'pending') copy.remove(seq)
      else
        copy.change(seq, (state) => ({
          ...state,
          at: state.leased || state.redriven > 0 ? 'purged' : 'absent',
          leased: false,
        }))
    }
    this.ids.clear(seq)
    // What a reader had read ahead went without a word.
    for (const group of this.groups) group.cursor = undefined
  }

  protected override checkState(state: ChannelState): void {
    // A reader that stopped is not looked at any more.
    const leased = [...this.claims.values()].filter(({ copy: { group } }) => group.kept || group.members > 0)
    if (state.leased !== leased.length) throw new Error(`${state.leased} are leased, not ${leased.length}`)
    checkCounts(this.copies, state, ['done', 'dead'])
    const { first = 0, next = 0 } = state
    const most = Math.max(-1, ...this.owners.keys())
    if (next <= most) throw new Error(`S1 next is ${next}, but ${most} was given`)
    for (const { to = 0 } of this.gaps)
      if (to >= first) throw new Error(`S1 a gap up to ${to}, but ${first} is there`)
    this.gaps = []
    for (const copy of this.copies) if ((copy.instance.offset ?? -1) < first) copy.remove(this.knowledge.told)
  }

  override crashed(power: boolean): void {
    super.crashed(power)
    for (const group of this.groups) group.cursor = undefined
    this.gaps = []
  }
}
