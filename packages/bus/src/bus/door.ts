/** The door of a bus: who may still come in or go out while it closes, and which handlers are inside. */

import { BusError } from '../errors.js'

/** Intake stops first; sending stops when the last handler is done, so that a handler can finish its work. */
export class Door {
  /** New subscriptions and requests are taken. */
  inbound = true
  /** Messages may be sent. */
  outbound = true
  private running = 0
  private overdue = false
  private readonly waiting: (() => void)[] = []
  private readonly inside = new Set<AbortController>()

  /** Counts a handler whose promise is pending. */
  enter(): void {
    this.running += 1
  }

  leave(): void {
    this.running -= 1
    if (this.running === 0 && !this.inbound) this.empty()
  }

  /** Stops intake; sending goes on while handlers run. */
  stopIntake(): void {
    this.inbound = false
    if (this.running === 0) this.empty()
  }

  /** Stops sending too, whoever is inside. */
  lock(): void {
    this.inbound = false
    this.empty()
  }

  /** Resolves when no handler runs. */
  quiet(): Promise<void> {
    if (this.running === 0) return Promise.resolve()
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  /** Gives a controller that aborts when the drain time is over. */
  controller(): AbortController {
    const controller = new AbortController()
    if (this.overdue) controller.abort(drainOver())
    else this.inside.add(controller)
    return controller
  }

  forget(controller: AbortController): void {
    this.inside.delete(controller)
  }

  /** The drain time is over: every handler that looks at its signal is told. */
  abortAll(): void {
    this.overdue = true
    for (const controller of this.inside) controller.abort(drainOver())
    this.inside.clear()
  }

  private empty(): void {
    this.outbound = false
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}

const drainOver = (): BusError =>
  new BusError('CLOSED', 'The bus is closing and the time for running handlers is over.')
