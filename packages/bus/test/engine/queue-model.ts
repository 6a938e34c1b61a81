/** What a work queue must do, as sets of ids: it follows the engine's deliveries and judges its counts. */

import { expect } from 'vitest'
import type { Outcome } from '../../src/outcome.js'
import type { Worker, World } from './engine-world.js'

interface Open {
  readonly id: string
  readonly token: number
  readonly worker: Worker
}

interface Features {
  readonly ordered: boolean
  readonly ttlMs: number | undefined
}

const attempts = 3

export class QueueModel {
  readonly #workers: Worker[] = []
  readonly #keys = new Map<string, string | undefined>()
  /** Claims that are valid now, by token. */
  readonly #open = new Map<number, Open>()
  #settled: { readonly open: Open; readonly outcome: Outcome }[] = []
  readonly #failed = new Map<string, number>()
  /** Ids that may never be delivered again. */
  readonly #over = new Set<string>()
  #received = 0
  #done = 0
  #dropped = 0
  #purged = 0
  #redriven = 0
  /** Of each key, publish numbers in the order of their last first delivery. */
  readonly #frontier = new Map<string, number>()

  constructor(
    private readonly world: World,
    private readonly features: Features,
  ) {}

  worker(index: number): Worker {
    let worker = this.#workers[index]
    if (worker === undefined) {
      worker = this.world.worker(0)
      worker.onDeliver = (claim) => this.#delivered(worker as Worker, claim)
      worker.lost = (token) => {
        const open = this.#open.get(token)
        if (open === undefined) throw new Error('lost a claim that was not open')
        this.#open.delete(token)
        this.#fail(open.id)
      }
      this.#workers[index] = worker
    }
    return worker
  }

  published(id: string, key: string | undefined): void {
    this.#received++
    this.#keys.set(id, key)
  }

  #delivered(worker: Worker, { token, message: { id }, attempt }: Worker['last']): void {
    expect(this.#over.has(id), `${id} is over`).toBe(false)
    expect(
      [...this.#open.values()].some((open) => open.id === id),
      `${id} is leased`,
    ).toBe(false)
    expect(attempt).toBe((this.#failed.get(id) ?? 0) + 1)
    const key = this.#keys.get(id)
    if (this.features.ordered && key !== undefined) this.#checkOrder(id, key, attempt)
    this.#open.set(token, { id, token, worker })
  }

  /** One in flight per key, and no first delivery of an older message after that of a newer one. */
  #checkOrder(id: string, key: string, attempt: number): void {
    for (const open of this.#open.values()) expect(this.#keys.get(open.id)).not.toBe(key)
    if (attempt > 1 || this.#reordered.has(id)) return
    const before = this.#frontier.get(key) ?? -1
    expect(Number(id), 'overtaken').toBeGreaterThanOrEqual(before)
    this.#frontier.set(key, Number(id))
  }
  /** Delayed and redriven messages enter the line late. */
  readonly #reordered = new Set<string>()
  enteredLate(id: string): void {
    this.#reordered.add(id)
  }

  #fail(id: string): void {
    this.#failed.set(id, (this.#failed.get(id) ?? 0) + 1)
  }

  #pick(pick: number): Open | undefined {
    const all = [...this.#open.values()]
    return all[pick % Math.max(1, all.length)]
  }

  settle(pick: number, outcome: Outcome): void {
    const open = this.#pick(pick)
    if (open === undefined) return
    this.#open.delete(open.token)
    this.#settled.push({ open, outcome })
    expect(open.worker.consumer.settle(open.token, outcome)).toBe(true)
    if (outcome.kind === 'done') this.#done++
    if (outcome.kind === 'drop') this.#dropped++
    if (outcome.kind === 'done' || outcome.kind === 'drop') this.#over.add(open.id)
    else this.#fail(open.id)
  }

  /** A second settlement: the same is harmless, another is refused. */
  settleAgain(pick: number): void {
    const { open, outcome } = this.#settled[pick % Math.max(1, this.#settled.length)] ?? {}
    if (open === undefined || outcome === undefined) return
    const other: Outcome = outcome.kind === 'drop' ? { kind: 'done' } : { kind: 'drop' }
    const recent = this.#workers.includes(open.worker)
    expect(open.worker.consumer.settle(open.token, other)).toBe(false)
    if (recent) expect(open.worker.consumer.settle(open.token, outcome)).toBe(true)
  }

  extend(pick: number): void {
    const open = this.#pick(pick)
    if (open !== undefined) expect(open.worker.consumer.extend(open.token)).toBe(true)
  }

  leave(index: number, failed: boolean): void {
    const worker = this.worker(index)
    for (const open of [...this.#open.values()]) {
      if (open.worker !== worker) continue
      this.#open.delete(open.token)
      if (failed) this.#fail(open.id)
    }
    delete this.#workers[index]
    worker.consumer.leave({ failed })
  }

  purge(): void {
    const { ready, delayed, leased } = this.world.inspect()
    const count = this.world.purge()
    expect(count).toBe(ready + delayed + leased)
    this.#purged += count
    expect(this.#open.size, 'claims on purged messages').toBe(0)
  }

  redrive(): void {
    const letters = this.world.letters()
    const { redriven, dead } = this.world.inspect()
    for (const { message } of letters) {
      this.#failed.set(message.id, 0)
      this.enteredLate(message.id)
    }
    expect(this.world.redrive()).toBe(dead)
    this.#redriven = redriven + dead
  }

  discard(): void {
    const ids = this.world.letters().map(({ message }) => message.id)
    const count = this.world.discard()
    expect(count).toBe(ids.length)
    this.#purged += count
    for (const id of ids) this.#over.add(id)
  }

  check(): void {
    const state = this.world.inspect()
    const { received, ready, delayed, leased, done, dropped, dead, expired, purged } = state
    expect(received).toBe(this.#received)
    expect(ready + delayed + leased + done + dropped + dead + expired + purged).toBe(received)
    for (const count of Object.values(state))
      if (typeof count === 'number') expect(count).toBeGreaterThanOrEqual(0)
    expect(leased).toBe(this.#open.size)
    expect({ done, dropped, purged }).toEqual({
      done: this.#done,
      dropped: this.#dropped,
      purged: this.#purged,
    })
    expect(state.redriven).toBe(this.#redriven)
    const letters = this.world.letters()
    expect(letters.length).toBe(dead)
    expect(new Set(letters.map(({ message }) => message.id)).size, 'letters are distinct').toBe(dead)
    for (const { message, attempts: failed } of letters) expect(failed).toBe(this.#failed.get(message.id))
    for (const [id, failed] of this.#failed) expect(failed, id).toBeLessThanOrEqual(attempts)
    if (this.features.ttlMs === undefined) expect(expired).toBe(0)
  }

  /** Works off what is left: in the end every message is done, dropped, dead, expired or purged. */
  finish(): void {
    const worker = this.worker(0)
    for (let turn = 0; turn < 1_000; turn++) {
      const { ready, delayed, leased, dead } = this.world.inspect()
      if (ready + delayed + leased === 0) break
      // Dead letters may be full, and then hold up the dying.
      if (dead > 0) this.discard()
      worker.consumer.credit(1)
      this.world.run()
      while (this.#open.size > 0) this.settle(0, { kind: 'done' })
      this.world.clock.advance(200)
      this.world.run()
    }
    this.check()
    expect(this.world.inspect()).toMatchObject({ ready: 0, delayed: 0, leased: 0 })
  }
}
