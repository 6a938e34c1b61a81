/** A consumer of tracked messages: takes from its line as it has room, and settles in the same calls. */

import { createPump, writeFailure } from '@busbar/adapter'
import {
  BusError,
  type BusErrorCode,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  isBusError,
  type Outcome,
} from 'busbar/transport'
import { Claims } from './claims.js'
import { fieldsOf, messageOf } from './fields.js'
import type { Link, Tenant } from './link.js'
import { placeOf } from './places.js'
import { listIn, numberIn, type Reply, textIn } from './replies.js'
import { extend, join, release, work } from './scripts/working.js'
import { createWakes, type Wakes } from './wakes.js'

interface Settlement {
  readonly id: string
  readonly acquired: number
  readonly outcome: Outcome
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Bounds one call; what is beyond goes with the next. */
const mostAtOnce = 256
const pauseMs = 1_000

export class Worker implements Tenant {
  readonly consumer: Consumer
  private readonly place
  private readonly owner: string
  private readonly pump
  private readonly claims: Claims
  private readonly settlements: Settlement[] = []
  private wakes: Wakes | undefined
  private until = ''
  private isCalling = false
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
    this.owner = `${link.name}/${link.nextNumber()}`
    this.place = placeOf(request, this.owner, link.name)
    this.pump = createPump({
      concurrency: request.concurrency,
      deliver,
      // The lease of what could not be settled runs out, and it comes again.
      onError() {},
    })
    const { leaseMs } = request.channel.guarantees
    this.claims = new Claims(link, leaseMs / 3, (held) => this.ask(extend, '', held))
    const ended = new Promise<BusErrorCode | undefined>((resolve) => {
      this.tellEnd = resolve
    })
    this.consumer = { ended, close: () => this.close() }
  }

  static async open(link: Link, request: ConsumeRequest, deliver: Deliver): Promise<Worker> {
    const worker = new Worker(link, request, deliver)
    worker.wakes = await createWakes(link, request.channel, (what) => worker.onWake(what))
    const next = await worker.join()
    if (request.until === 'now') worker.until = String(next)
    link.tenants.add(worker)
    worker.kick()
    return worker
  }

  async onBack(): Promise<void> {
    await this.join()
    this.claims.lose(await this.ask(release, 'sync', this.claims.list()))
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
    await this.pump.idle()
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
    void this.wakes?.stop()
    const error = new BusError(why ?? 'CLOSED', 'The consumer has ended.', { outcome: 'unknown' })
    for (const settlement of this.settlements.splice(0)) settlement.reject(error)
    this.tellEnd(why)
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
    queueMicrotask(() => void this.calls())
  }

  private async calls(): Promise<void> {
    while (this.again && !this.isOver) {
      this.again = false
      const settlements = this.settlements.splice(0, mostAtOnce)
      const room = this.isClosing ? 0 : this.pump.room + settlements.length
      if (settlements.length === 0 && room <= 0) continue
      try {
        await this.call(settlements, Math.min(room, mostAtOnce))
      } catch (error) {
        this.settlements.unshift(...settlements)
        this.onRefused(error)
        break
      }
    }
    this.isCalling = false
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
    const { channel, pattern, onGap } = this.request
    const told = settlements.flatMap(({ id, acquired, outcome }) => [
      id,
      String(acquired),
      ...wordsOf(outcome),
    ])
    const args = [this.owner, this.place.line, pattern, String(most), this.until, ...told]
    const answer = listIn(await this.link.run(work, channel, args))
    for (const { id, resolve } of settlements) {
      this.claims.delete(id)
      resolve()
    }
    const gap = listIn(answer[2]).map(numberIn)
    const [from, to] = gap
    if (from !== undefined && to !== undefined) onGap({ count: to - from + 1, from, to })
    const taken = listIn(answer[0])
    // Places are free once those who wait for their settlements have heard.
    await undefined
    for (const row of taken) this.take(row)
    if (numberIn(answer[3]) === 1 && !this.isOver) {
      this.isOver = true
      this.end(undefined)
      void this.ask(release, 'left', []).catch(() => undefined)
      return
    }
    if (most > 0 && taken.length >= most) this.again = true
    else if (numberIn(answer[1]) === 0) this.again = true
    else this.wakes?.set(dueIn(numberIn(answer[1]), this.link.settings.lookMs))
    if (this.settlements.length > 0) this.again = true
  }

  private take(row: Reply): void {
    const [name, failed, times, fields] = listIn(row)
    const id = textIn(name)
    const attempt = numberIn(failed) + 1
    const acquired = numberIn(times)
    if (this.isOver) return
    const raw = fieldsOf(fields)
    const offset = this.request.channel.kind === 'stream' ? offsetOf(id, raw.headers) : undefined
    const message = messageOf(this.request.channel, id, raw)
    let lose: (() => void) | undefined
    this.claims.add(id, acquired, () => lose?.())
    lose = this.pump.take({
      message,
      attempt,
      ...(acquired !== attempt && { acquired }),
      ...(offset !== undefined && { offset }),
      settle: (outcome) =>
        new Promise((resolve, reject) => {
          this.settlements.push({ id, acquired, outcome, resolve, reject })
          this.kick()
        }),
    })
  }
}

function wordsOf(outcome: Outcome): string[] {
  const { kind } = outcome
  if (kind === 'done' || kind === 'drop') return [kind, '0', '', '']
  const failure = writeFailure(outcome.failure) ?? ''
  if (kind === 'retry') return [kind, String(Math.round(outcome.afterMs)), failure, '']
  return [kind, '0', failure, outcome.reason]
}

function dueIn(due: number, otherwise: number): number {
  return due < 0 ? otherwise : due
}

/** Records that came back from the dead letters carry their offset; of the others it is the id. */
function offsetOf(id: string, headers: Readonly<Record<string, string | undefined>>): number {
  return id.startsWith('r') ? Number(headers['busbar-offset'] ?? 0) : Number.parseInt(id, 10) - 1
}
