/** One consumer inside a group: its credit, its open claims, and which claims it settled lately. */

import type { Outcome } from '../outcome.js'
import type { Sink } from './engine.js'

const remembered = 256

export interface Member {
  readonly sink: Sink
  /** undefined: takes every message of the group. */
  readonly pattern: string | undefined
  credit: number
  /** Stands in the line of those who can take a message. */
  queued: boolean
  /** False once it stopped or left. */
  active: boolean
  /** Claims delivered to it and not settled. */
  open: number
  readonly settled: SettledTokens
}

/** The last 256 settled tokens, so that settling one twice is harmless. */
export class SettledTokens {
  #tokens: Float64Array | undefined
  readonly #kinds: Outcome['kind'][] = []
  #at = 0

  add(token: number, kind: Outcome['kind']): void {
    this.#tokens ??= new Float64Array(remembered)
    this.#tokens[this.#at] = token
    this.#kinds[this.#at] = kind
    this.#at = (this.#at + 1) % remembered
  }

  has(token: number, kind: Outcome['kind']): boolean {
    const at = this.#tokens?.indexOf(token) ?? -1
    return at >= 0 && this.#kinds[at] === kind
  }
}

export function createMember(sink: Sink, pattern: string | undefined): Member {
  return { sink, pattern, credit: 0, queued: false, active: true, open: 0, settled: new SettledTokens() }
}
