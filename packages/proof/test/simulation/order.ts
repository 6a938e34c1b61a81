/**
 * In which order messages must come: within one life of the hub, those that are handed out for the first time, were
 * neither delayed nor redriven, and share group, priority, address and (where it counts) key, come as they were published.
 */

import type { Copy, Group, State } from './copy.js'

export class Order {
  private readonly frontiers = new Map<Group, Map<string, number>>()

  constructor(private readonly isByKey: boolean) {}

  delivered(copy: Copy, state: State): void {
    const { instance, group } = copy
    if (state.acquired > 0 || state.failed > 0 || state.redriven > 0 || instance.delayMs > 0) return
    const { key, address, priority, n } = instance
    const lane = this.isByKey && key !== undefined ? `key ${key}` : address
    const name = `${lane} ${priority}`
    const frontier = this.frontiers.get(group) ?? new Map<string, number>()
    this.frontiers.set(group, frontier)
    const before = frontier.get(name) ?? -1
    if (n < before) throw new Error(`reordered: ${copy.name} comes after message ${before}`)
    frontier.set(name, n)
  }

  restart(): void {
    this.frontiers.clear()
  }
}
