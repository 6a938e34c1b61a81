/** What an effect reads and writes: its own changes over what was committed before it. */

import { BusError } from 'busbar/transport'
import { type Json, jsonText } from './json-text.js'

/** The state as one effect sees it; what it changes is kept together with the mark of its message, or not at all. */
export interface FileTransaction {
  /** A copy of the value of a key, its own changes included; undefined when there is none. CLOSED after the effect. */
  get(key: string): Json | undefined
  /** Keeps a copy. UNENCODABLE or DEPTH_EXCEEDED for what JSON would not bring back; CLOSED after the effect. */
  set(key: string, value: Json): void
  /** Nothing happens when there is none. CLOSED after the effect. */
  delete(key: string): void
}

/** The text of a value; undefined when the key is to go. */
export type Changes = ReadonlyMap<string, string | undefined>

/** A transaction that ends with its effect. */
export class OpenTransaction implements FileTransaction {
  private readonly changed = new Map<string, string | undefined>()
  private isOver = false

  constructor(private readonly committed: (key: string) => string | undefined) {}

  get(key: string): Json | undefined {
    this.requireOpen()
    return parsedText(this.changed.has(key) ? this.changed.get(key) : this.committed(key))
  }

  set(key: string, value: Json): void {
    this.requireOpen()
    this.changed.set(key, jsonText(key, value))
  }

  delete(key: string): void {
    this.requireOpen()
    this.changed.set(key, undefined)
  }

  /** Ends it and gives what is to be kept. */
  end(): Changes {
    this.isOver = true
    return this.changed
  }

  private requireOpen(): void {
    if (!this.isOver) return
    throw new BusError('CLOSED', 'The effect is over, and its transaction with it: await what uses it.')
  }
}

export function parsedText(text: string | undefined): Json | undefined {
  return text === undefined ? undefined : JSON.parse(text)
}
