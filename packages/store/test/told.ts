/** An owner that writes down what a journal says, and channels and messages to tell. */

import {
  type Channel,
  EncodedBody,
  type JournalOwner,
  type Mark,
  type Message,
  type Note,
  type Stored,
} from 'busbar/transport'

/** What a journal says, in a form that compares. */
export type Word =
  | {
      readonly message: string
      readonly offset: number
      readonly facts: readonly number[]
      readonly key?: string
    }
  | { readonly mark: Mark; readonly group: number; readonly offset: number }
  | { readonly note: Note; readonly copy?: string }

export function channel(name: string): Channel {
  return {
    name,
    kind: 'queue',
    params: [],
    fingerprint: 'f',
    guarantees: {
      tracked: true,
      retry: { attempts: 5, backoff: 'fixed', initialMs: 1, maxMs: 1 },
      leaseMs: 1000,
      ordered: false,
      priority: false,
      ttlMs: undefined,
      dedupeMs: undefined,
      maxBytes: 1_048_576,
      durable: true,
      keepMs: undefined,
      keepCount: undefined,
      keepBytes: undefined,
      streamed: false,
    },
  }
}

export function message(id: string, payload: Uint8Array | string = '{}', address = 'a.b'): Message {
  const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload
  return { id, address, key: undefined, headers: {}, time: 1, body: new EncodedBody('json', bytes) }
}

export function facts(offset: number): { offset: number; time: number; delayMs: number; priority: number } {
  return {
    offset,
    time: 1_700_000_000_000 + offset,
    delayMs: offset % 3 === 0 ? 250.5 : 0,
    priority: offset % 10,
  }
}

export function wordOf({ offset, time, delayMs, priority, message: said }: Stored): Word {
  const text = new TextDecoder().decode(said.body.bytes())
  return { message: `${said.id} ${said.address} ${text}`, offset, facts: [time, delayMs, priority] }
}

/** Keeps every word; its checkpoint counts them. */
export class Told implements JournalOwner {
  readonly words: Word[] = []
  readonly evacuations: (readonly [number, number])[] = []
  onEvacuate: (from: number, to: number) => void = () => {}
  checkpointNote: () => Note = () => ({ op: 'checkpoint' })

  message(stored: Stored): void {
    this.words.push(wordOf(stored))
  }

  mark(mark: Mark, group: number, offset: number): void {
    this.words.push({ mark, group, offset })
  }

  note(note: Note, stored: Stored | undefined): void {
    this.words.push(stored === undefined ? { note } : { note, copy: JSON.stringify(wordOf(stored)) })
  }

  checkpoint(): Note {
    return this.checkpointNote()
  }

  evacuate(from: number, to: number): void {
    this.evacuations.push([from, to])
    this.onEvacuate(from, to)
  }
}
