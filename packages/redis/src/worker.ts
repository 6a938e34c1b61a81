/** A consumer of tracked messages: takes from its line as it has room, and settles in the same calls. */

import { createPump } from '@busbar/adapter'
import {
  type BusErrorCode,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  isBusError,
} from 'busbar/transport'
import { answerIn, type TakenRow } from './answers.js'
import { Claims } from './claims.js'
import { type Given, givenIn } from './given.js'
import { Handed } from './handed.js'
import type { Link, Tenant } from './link.js'
import { placeOf } from './places.js'
import { ReadAhead } from './read-ahead.js'
import { listIn, numberIn, textIn } from './replies.js'
import { extend, release } from './scripts/claiming.js'
import { join } from './scripts/joining.js'
import { work } from './scripts/working.js'
import { returned, type Settlement, settlementOf, told } from './settlements.js'
import { createWakes, type Wakes } from './wakes.js'

/** Bounds one call; what is beyond goes with the next. */
const mostAtOnce = 256
const pauseMs = 1_000

export class Worker implements Tenant {
  readonly consumer: Consumer
  private readonly place
  /** By which the link's channel names it. */
  private readonly number: number
  private readonly owner: string
  private readonly pump
  private readonly claims: Claims
  private readonly ahead: ReadAhead<Given>
  private readonly handed: Handed
  /** The epoch of what was taken ahead when it began to wait. */
  private waitsSince = 0
  private readonly settlements: Settlement[] = []
  private wakes: Wakes | undefined
  private whenTold: (() => void)[] = []
  private until = ''
  /** From the start: who is woken before it has joined takes nothing yet. */
  private isCalling = true
  private again = false
  private isClosing = false
  private isOver = false
  private closing: Promise<void> | undefined
  private tellEnd: (why: BusErrorCode | undefined) => void = () => {}

  private constructor(
    private readonly link: Link,
    private readonly request: ConsumeRequest,
    deliver: Deliver,
  ) {
    this.number = link.nextNumber()
    this.owner = `${link.name}/${this.number}`
    this.place = placeOf(request, this.owner, link.name)
    this.pump = createPump({
      concurrency: request.concurrency,
      deliver,
      // Settling only notes what the next call says, and does not fail.
      onError() {},
      onRoom: () => this.startNext(),
    })
    const { kind, guarantees } = request.channel
    const { leaseMs, ordered, priority, ttlMs } = guarantees
    const mayWait = kind !== 'stream' && !ordered && !priority && ttlMs === undefined
    this.ahead = new ReadAhead(link.host.clock, mayWait, request.concurrency, (items) => this.giveBack(items))
    this.handed = new Handed((rows) => this.takeAll(rows, this.waitsSince))
    this.claims = new Claims(link, leaseMs / 3, (held) => this.ask(extend, '', held))
    const ended = new Promise<BusErrorCode | undefined>((resolve) => {
      this.tellEnd = resolve
    })
    this.consumer = { ended, close: () => this.close() }
  }

  static async open(link: Link, request: ConsumeRequest, deliver: Deliver): Promise<Worker> {
    const worker = new Worker(link, request, deliver)
    try {
      await worker.begin()
    } catch (error) {
      worker.isOver = true
      worker.end(undefined)
      await worker.wakes?.stop()
      throw error
    }
    return worker
  }

  private async begin(): Promise<void> {
    const { link, request } = this
    this.wakes = await createWakes(link, request.channel, (what) => this.onWake(what))
    link.listen(this.number, (data) => this.handed.hear(data))
    const next = await this.join()
    if (request.until === 'now') this.until = String(next)
    link.tenants.add(this)
    this.isCalling = false
    this.kick()
  }

  /** A start of the server undoes leases, as everywhere: its messages go back as they were. */
  async onBack(isOther: boolean): Promise<void> {
    this.handed.reset()
    await this.join()
    const started = this.claims.list()
    this.ahead.clear()
    if (isOther) this.claims.loseAll()
    this.claims.lose(await this.ask(release, isOther ? 'undone' : 'sync', started))
    this.kick()
  }

  async abandon(why: BusErrorCode): Promise<void> {
    this.isClosing = true
    if (this.isOver) return
    this.isOver = true
    const started = this.claims.list()
    this.end(why)
    this.pump.loseAll()
    if (this.link.connection.isUp) await this.ask(release, 'left', started).catch(() => undefined)
  }

  private close(): Promise<void> {
    this.closing ??= this.drain()
    return this.closing
  }

  private async drain(): Promise<void> {
    this.isClosing = true
    this.ahead.stop()
    await this.pump.idle()
    while (!this.isOver && (this.settlements.length > 0 || this.isCalling)) {
      await new Promise<void>((resolve) => this.whenTold.push(resolve))
    }
    if (this.isOver) return
    this.isOver = true
    this.end(undefined)
    await this.ask(release, 'left', [])
  }

  /** No more calls, timers and words to the link; what is claimed is the caller's. */
  private end(why: BusErrorCode | undefined): void {
    this.isClosing = true
    this.link.tenants.delete(this)
    this.claims.stop()
    this.link.unlisten(this.number)
    this.handed.reset()
    this.settlements.length = 0
    for (const go of this.whenTold.splice(0)) go()
    this.tellEnd(why)
    void this.wakes?.stop()
  }

  private async join(): Promise<number> {
    const { line, facts, consumer, start } = this.place
    const answer = await this.link.run(join, this.request.channel, [this.owner, consumer, line, facts, start])
    return numberIn(listIn(answer)[0])
  }

  private async ask(script: typeof extend, how: string, claims: readonly string[]): Promise<string[]> {
    const args = [this.owner, this.place.line, how, ...claims]
    return listIn(await this.link.run(script, this.request.channel, args)).map(textIn)
  }

  private onWake(what: string | undefined): void {
    if (what === '!') void this.claims.check().catch(() => undefined)
    else if (what !== undefined && what !== '*' && what !== this.place.line) return
    if (this.pump.room > 0) this.kick()
  }

  /** One call at a time: what comes up meanwhile goes with the next. */
  private kick(): void {
    this.again = true
    if (this.isCalling || this.isOver) return
    this.isCalling = true
    void this.calls()
  }

  private async calls(): Promise<void> {
    while (this.again && !this.isOver) {
      await turn()
      this.again = false
      const settlements = this.settlements.splice(0, mostAtOnce)
      const most = this.isClosing ? 0 : Math.max(0, this.pump.room) + this.ahead.room
      if (settlements.length === 0 && most === 0) continue
      try {
        await this.call(settlements, Math.min(most, mostAtOnce))
      } catch (error) {
        this.settlements.unshift(...settlements)
        this.onRefused(error)
        break
      }
    }
    this.isCalling = false
    if (this.settlements.length === 0) for (const go of this.whenTold.splice(0)) go()
  }

  private onRefused(error: unknown): void {
    const code = isBusError(error) ? error.code : 'INTERNAL'
    if (code === 'STORE_FULL' || code === 'STORE_FAILED') {
      this.wakes?.set(pauseMs)
      return
    }
    this.isOver = true
    this.end(code)
    this.pump.loseAll()
  }

  private async call(settlements: readonly Settlement[], most: number): Promise<void> {
    const { channel, pattern, concurrency, onGap } = this.request
    const head = [this.owner, this.place.line, pattern, String(most), this.until, String(concurrency)]
    const { epoch } = this.ahead
    const answer = answerIn(await this.link.run(work, channel, [...head, ...told(settlements)]))
    const { taken, dueMs, waited } = answer
    await this.handed.until(waited.mark, waited.gifts)
    const [from, to] = answer.gap
    if (from !== undefined && to !== undefined) onGap({ count: to - from + 1, from, to })
    if (!this.isOver) this.takeAll(taken, epoch)
    this.waitsSince = epoch
    this.handed.since(answer.mark)
    if (answer.isAllRead && !this.isOver) {
      this.isOver = true
      this.end(undefined)
      void this.ask(release, 'left', []).catch(() => undefined)
      return
    }
    if ((most > 0 && taken.length >= most) || dueMs === 0) this.again = true
    else this.wakes?.set(dueMs ?? this.link.settings.lookMs)
    if (this.settlements.length > 0) this.again = true
  }

  private takeAll(rows: readonly TakenRow[], epoch: number): void {
    const all = rows.map((row) => givenIn(this.request.channel, row))
    if (this.isClosing || this.ahead.epoch !== epoch) {
      this.giveBack(all)
      return
    }
    for (const given of all) {
      if (this.pump.room > 0) this.start(given)
      else this.ahead.push(given)
    }
  }

  private startNext(): void {
    if (this.isClosing || this.pump.room <= 0) return
    const next = this.ahead.shift()
    if (next !== undefined) this.start(next)
    else this.kick()
  }

  private start(given: Given): void {
    const { id, times } = given
    const isSettled = this.ahead.start()
    let lose: (() => void) | undefined
    this.claims.add(id, times, () => lose?.())
    lose = this.pump.take({
      ...given,
      settle: (outcome) => {
        this.claims.delete(id)
        this.settlements.push(settlementOf(id, times, outcome))
        isSettled(outcome.kind === 'done')
        this.kick()
      },
    })
  }

  private giveBack(items: readonly Given[]): void {
    for (const { id, times } of items) this.settlements.push(returned(id, times))
    this.kick()
  }
}

/** What is done or due to be in one turn of the process goes to the server in one call. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
