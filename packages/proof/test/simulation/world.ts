/** One hub after the other on one store: the engine under a clock and a scheduler that the commands move. */

import { ManualClock } from 'busbar/testing'
import {
  type ChannelState,
  createEngine,
  EncodedBody,
  type Engine,
  isBusError,
  type Message,
  type OpenedStore,
} from 'busbar/transport'
import type { Medium } from './medium.js'
import type { Scenario } from './scenarios.js'
import { seeded } from './seeded.js'

/** Longer than any chain of promises between a sync and a receipt. */
const turnsOfPromises = 24

export interface CrashOptions {
  readonly power: boolean
  readonly seed: number
  readonly downMs: number
  readonly jumpMs: number
  readonly cuts: readonly { readonly steps: number; readonly power: boolean }[]
}

export class World {
  clock = new ManualClock()
  engine!: Engine
  private store!: OpenedStore
  life = 0
  /** There is no room on the disk. */
  isFull = false
  /** There was none, and the hub may not have seen that there is again. */
  wasFull = false
  /** The disk has failed in this life. */
  hasFailed = false
  /** The wall clock was set, so that nobody can say what time the journal has. */
  hasJumped = false
  private tasks: (() => void)[] = []
  private turns: (() => void)[] = []

  constructor(
    readonly scenario: Scenario,
    private readonly medium: Medium,
  ) {}

  get channel() {
    return this.scenario.channel
  }

  async start(): Promise<void> {
    const { channel, limits, crashFails } = this.scenario
    this.life++
    const [tasks, turns]: [(() => void)[], (() => void)[]] = [[], []]
    this.tasks = tasks
    this.turns = turns
    this.store = await this.medium.open({ clock: this.clock, schedule: (fn) => void turns.push(fn) })
    this.engine = createEngine({
      clock: this.clock,
      random: seeded(this.life),
      defer: (fn) => void tasks.push(fn),
      limits,
      store: this.store,
      crashFails,
    })
    this.engine.declare(channel)
  }

  async crash({ power, seed, downMs, jumpMs, cuts }: CrashOptions): Promise<void> {
    this.medium.crash({ power, seed })
    this.isFull = this.wasFull = this.hasFailed = false
    if (jumpMs !== 0) this.hasJumped = true
    this.clock = new ManualClock(this.clock.now() + downMs + jumpMs)
    for (const cut of cuts) {
      await this.medium.interrupted(cut.steps, async () => {
        await this.start()
        await this.rest()
      })
      this.medium.crash({ power: cut.power, seed: seed + cut.steps })
      // Timers of that life went with it.
      this.clock = new ManualClock(this.clock.now())
    }
    await this.start()
  }

  /** Ends in order; gives whether all is on disk. */
  async close(): Promise<boolean> {
    this.engine.close()
    let isSafe: boolean | undefined
    const ending = this.store.close().then(
      () => true,
      () => false,
    )
    void ending.then((safe) => {
      isSafe = safe
    })
    await this.rest()
    if (isSafe === undefined) throw new Error('the store does not close')
    await this.rest()
    // Groups and readers that went before leave a timer behind, which keeps nothing alive.
    if (this.clock.timers > 0 && this.channel.kind === 'queue')
      throw new Error(`${this.clock.timers} timers are left after the end`)
    return isSafe
  }

  /** Lets promises go on. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < turnsOfPromises; turn++) await Promise.resolve()
  }

  run(count: number): void {
    for (let left = count; left > 0; left--) {
      const task = this.tasks.shift()
      if (task === undefined) return
      task()
    }
  }

  /** Gives whether there was anything to do. */
  turn(): boolean {
    const now = this.turns.splice(0)
    for (const fn of now) fn()
    return now.length > 0
  }

  sync(): boolean {
    return this.medium.sync()
  }

  /** Everything happens that can happen without time or new commands. */
  async rest(between: () => void = () => undefined): Promise<void> {
    for (let round = 0; ; round++) {
      if (round > 10_000) throw new Error('it never rests')
      await this.settled()
      const hadTasks = this.tasks.length > 0
      this.run(Number.POSITIVE_INFINITY)
      between()
      const worked = [hadTasks, this.turn(), this.sync()]
      between()
      if (!worked.includes(true)) return
    }
  }

  full(on: boolean): void {
    this.isFull = on
    if (on) this.wasFull = true
    this.medium.full(on)
  }

  fail(): void {
    this.hasFailed = true
    this.medium.fail()
  }

  inspect(): ChannelState {
    return this.engine.manage(this.channel, { op: 'inspect' })
  }

  /** Undefined when they cannot be read, for the disk has failed. */
  letters() {
    try {
      const { letters } = this.engine.manage(this.channel, { op: 'dead.list', limit: 1_000 })
      return letters.map((letter) => ({ ...letter, message: wholeOf(letter.message) }))
    } catch (error) {
      if (this.hasFailed && isBusError(error) && error.code === 'STORE_FAILED') return undefined
      throw error
    }
  }

  message(facts: Pick<Message, 'id' | 'address' | 'key'>, body: Uint8Array): Message {
    return { ...facts, headers: { source: 'simulation' }, time: 1, body: new EncodedBody('json', body) }
  }
}

/** Read while it can be. */
const wholeOf = ({ id, address, key, headers, time, body }: Message): Message => ({
  id,
  address,
  key,
  headers,
  time,
  body,
})
