/** Plays commands on a hub and has the model judge what it does. */

import { isBusError, type Outcome } from 'busbar/transport'
import { bodyOf } from './bodies.js'
import type { Command } from './commands.js'
import type { Claim, Group, Instance } from './copy.js'
import { checkQuiet, finish } from './finale.js'
import type { Medium } from './medium.js'
import { MessagesModel } from './messages-model.js'
import { leaseMs, type Scenario } from './scenarios.js'
import { SimWorker } from './sim-worker.js'
import { everything, slots, startOf } from './slots.js'
import { StreamModel } from './stream-model.js'
import { type CrashOptions, World } from './world.js'

export class Play {
  readonly world: World
  readonly model: MessagesModel
  workers: (SimWorker | undefined)[] = []
  private versions = 0

  constructor(scenario: Scenario, medium: Medium) {
    this.world = new World(scenario, medium)
    const isStream = scenario.channel.kind === 'stream'
    this.model = isStream ? new StreamModel(this.world) : new MessagesModel(this.world)
  }

  async play(commands: readonly Command[]): Promise<void> {
    await this.world.start()
    for (const command of commands) {
      await this.step(command)
      await this.world.settled()
      if (this.model.isOver) await this.crash({ power: true, seed: 4, downMs: 0, jumpMs: 0, cuts: [] })
      this.check()
    }
    await finish(this)
  }

  private async step(command: Command): Promise<void> {
    const { world, model } = this
    switch (command.do) {
      case 'publish':
        return this.publish(command)
      case 'credit':
        return this.worker(command.slot, command.messages).consumer.credit(command.messages)
      case 'leave':
        return this.leave(command.slot, command.failed)
      case 'stop':
        return this.stop(command.slot)
      case 'settle':
        return this.settle(pickOf([...model.claims.values()], command.pick), outcomeOf(command))
      case 'stale':
        return this.stale(command)
      case 'extend': {
        const claim = pickOf([...model.claims.values()], command.pick)
        if (claim === undefined) return
        if (!claim.worker.consumer.extend(claim.token)) throw new Error('a valid claim was not extended')
        claim.until = world.clock.monotonic() + leaseMs
        return
      }
      case 'purge':
        return model.purge(() => world.engine.manage(world.channel, { op: 'purge' }).count)
      case 'discard':
        return this.discard(command.pick)
      case 'redrive':
        return this.redrive(command)
      case 'advance':
        return world.clock.advance(command.ms)
      case 'flush':
        return this.flush()
      case 'run':
        return world.run(command.tasks)
      case 'turn':
        world.turn()
        return model.knowledge.wrote()
      case 'sync':
        return void world.sync()
      case 'rest':
        await world.rest()
        model.knowledge.wrote()
        return checkQuiet(this)
      case 'full':
        return world.full(command.on)
      case 'fail':
        world.fail()
        return model.knowledge.failed()
      case 'close':
        return this.close()
      case 'crash':
        return this.crash(command)
    }
  }

  private async close(): Promise<void> {
    const { world, model } = this
    const isSafe = await world.close()
    if (!isSafe && !world.wasFull && !world.hasFailed) throw new Error('the store did not close well')
    if (isSafe) model.knowledge.confirm(model.knowledge.told)
    await this.crash({ power: true, seed: 3, downMs: 0, jumpMs: 0, cuts: [] })
  }

  async crash(options: CrashOptions): Promise<void> {
    await this.world.crash(options)
    this.workers = []
    this.model.crashed(options.power || options.cuts.some(({ power }) => power))
  }

  check(): void {
    if (this.failure !== undefined) throw this.failure
    this.model.check()
  }

  publish({ id, key, place, priority, delayMs, size }: Command & { do: 'publish' }): void {
    const { world, model } = this
    const isStream = world.channel.kind === 'stream'
    const instance: Instance = {
      n: model.instances.length,
      id: `id-${id}`,
      key: key === 0 ? undefined : `k${key}`,
      address: `airport.topic.p${place}`,
      // A stream knows neither.
      priority: isStream ? 0 : priority,
      delayMs: isStream ? 0 : delayMs,
      size,
      at: world.clock.now(),
      outcome: 'pending',
    }
    const { n } = instance
    const message = world.message(instance, bodyOf(n, 0, size))
    let result: ReturnType<typeof world.engine.publish>
    try {
      result = world.engine.publish({ channel: world.channel, message, delayMs, priority })
    } catch (error) {
      if (!isBusError(error) || !(world.wasFull || world.hasFailed)) throw error
      if (
        error.outcome === 'rejected' &&
        model.ids.expect(instance.id, instance.at, world.hasJumped) === 'duplicate'
      )
        throw new Error(`message ${n} (${instance.id}) was rejected, but is there`)
      model.instances.length = n + 1
      return
    }
    model.published(instance)
    Promise.resolve(result).then(
      (receipt) => this.guard(() => instance.told?.(receipt)),
      (error: unknown) => {
        instance.outcome = 'unknown'
        if (
          !isBusError(error) ||
          !(error.code === 'STORE_FAILED' || (error.code === 'CLOSED' && world.wasFull)) ||
          error.outcome !== 'unknown'
        )
          this.failure ??= error
      },
    )
  }

  /** What went wrong in a promise. */
  private failure: unknown

  private guard(fn: () => void): void {
    try {
      fn()
    } catch (error) {
      this.failure ??= error
    }
  }

  private groupOf(slot: number): Group {
    const { world, model } = this
    const [name, pattern] = slots[slot] ?? []
    if (world.channel.kind === 'queue') return model.groups[0] as Group
    const known = name === undefined ? undefined : model.groups.find((group) => group.name === name)
    return known ?? model.group(name, pattern ?? everything, name !== undefined)
  }

  /** Who is in a slot; `messages` says where a reader of a stream begins. */
  worker(slot: number, messages = 1): SimWorker {
    const known = this.workers[slot]
    if (known !== undefined) return known
    const { world, model } = this
    const [name, pattern = everything] = slots[slot] ?? []
    const group = this.groupOf(slot)
    const worker = new SimWorker(group, pattern, model)
    const start = startOf(slot, messages, world)
    model.joined(group, start)
    const onGap = worker.onGap.bind(worker)
    worker.consumer = world.engine.consume(
      { channel: world.channel, pattern, group: name, start, concurrency: 1, onGap },
      worker,
    )
    group.members++
    this.workers[slot] = worker
    return worker
  }

  private leave(slot: number, failed: boolean): void {
    const worker = this.workers[slot]
    if (worker === undefined) return
    this.retire(slot, worker)
    worker.consumer.leave({ failed })
    this.model.left(worker, failed)
  }

  private stop(slot: number): void {
    const worker = this.workers[slot]
    if (worker === undefined) return
    this.retire(slot, worker)
    worker.consumer.stop()
    this.model.retired(worker)
  }

  private retire(slot: number, worker: SimWorker): void {
    worker.isActive = false
    worker.group.members--
    this.workers[slot] = undefined
  }

  settle(claim: Claim | undefined, outcome: Outcome): void {
    if (claim === undefined) return
    const { consumer } = claim.worker
    if (!consumer.settle(claim.token, outcome))
      throw new Error(`${claim.copy.name}: a valid claim was not settled`)
    this.model.settle(claim, outcome)
    if (!consumer.settle(claim.token, outcome))
      throw new Error(`${claim.copy.name}: settling it twice is an error`)
  }

  private stale({ pick, how }: Command & { do: 'stale' }): void {
    const stale = pickOf(this.model.stale, pick)
    const consumer = this.workers.find((one) => one !== undefined)?.consumer
    if (stale === undefined || consumer === undefined) return
    const { token, kind } = stale
    // The same outcome again would be harmless and true.
    const other: Outcome = { kind: kind === 'drop' ? 'done' : 'drop' }
    if (how === 'extend' ? consumer.extend(token) : consumer.settle(token, other))
      throw new Error('a stale token was taken')
  }

  discard(pick: number | undefined): void {
    const { world, model } = this
    const ids = this.chosenIds(pick)
    const copies = model.lettersOf(ids)
    const { count } = world.engine.manage(world.channel, { op: 'dead.discard', ...(ids && { ids }) })
    if (count !== copies.length) throw new Error(`${count} letters were discarded, not ${copies.length}`)
    model.discarded(copies)
  }

  private redrive({ pick, mend }: Command & { do: 'redrive' }): void {
    const { world, model } = this
    // Letters that cannot be read cannot go back.
    const ids = this.chosenIds(pick)
    if (world.hasFailed) return
    const copies = model.lettersOf(ids).filter((copy) => model.canReturn(copy))
    const [first] = copies
    const isOne =
      first !== undefined && model.lettersOf(ids).every(({ instance }) => instance === first.instance)
    const version = mend && isOne ? ++this.versions : undefined
    const body =
      version === undefined || first === undefined
        ? undefined
        : world.message(first.instance, bodyOf(first.instance.n, version, first.instance.size)).body
    const { count } = world.engine.manage(world.channel, {
      op: 'dead.redrive',
      ...(ids && { ids }),
      ...(body && { body }),
    })
    if (count !== copies.length) throw new Error(`${count} letters were redriven, not ${copies.length}`)
    model.redriven(copies, version)
  }

  private chosenIds(pick: number | undefined): string[] | undefined {
    const letter = pick === undefined ? undefined : pickOf(this.model.lettersOf(), pick)
    return letter && [letter.instance.id]
  }

  private flush(): void {
    const confirmed = this.model.knowledge.confirming()
    this.world.engine.flushed(this.world.channel).then(
      () => this.guard(confirmed),
      () => undefined,
    )
  }
}

function pickOf<T>(all: readonly T[], pick: number): T | undefined {
  return all[pick % Math.max(1, all.length)]
}

function outcomeOf({ how, afterMs }: Command & { do: 'settle' }): Outcome {
  const failure = { message: 'no' }
  if (how === 'retry') return { kind: 'retry', afterMs, failure }
  if (how === 'reject') return { kind: 'reject', reason: 'rejected', failure }
  return { kind: how }
}
