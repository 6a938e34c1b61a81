/** One channel on a disk that crashes, and what must be found again: told words, those known to be durable, who is held. */

import type { Journal, Note, Place, Stored } from 'busbar/transport'
import { CrashDisk } from '../src/crash-disk.js'
import { type FileStore, openStore } from '../src/index.js'
import { channel, facts, message, Told, type Word, wordOf } from './told.js'

/** Random numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export class History {
  disk: CrashDisk
  /** Everything told and not lost, since the first run. */
  words: Word[] = []
  /** So many words were reported as on disk. */
  durable = 0
  store: FileStore | undefined
  evacuations = 0
  removedSegments = 0
  private journal: Journal | undefined
  private owner = new Told()
  /** The place of each message that is not done, by offset. */
  private live = new Map<number, Place>()
  private offset = 0
  private turns: (() => void)[] = []
  private syncs: (() => void)[] = []
  private readonly random: () => number

  constructor(
    seed: number,
    private readonly segmentBytes = 4096,
  ) {
    this.random = seeded(seed)
    this.disk = this.plugged(new CrashDisk(this.random))
  }

  message(bytes: number): void {
    const offset = this.offset++
    this.add(offset, 'x'.repeat(bytes))
  }

  done(pick: number): void {
    const offset = [...this.live.keys()][pick % Math.max(1, this.live.size)]
    if (offset === undefined || this.journal === undefined) return
    this.journal.release(this.live.get(offset) as number)
    this.live.delete(offset)
    this.journal.mark('done', 1, offset)
    this.words.push({ mark: 'done', group: 1, offset })
  }

  leased(pick: number): void {
    const offset = [...this.live.keys()][pick % Math.max(1, this.live.size)]
    if (offset === undefined) return
    this.journal?.mark('leased', 1, offset)
    this.words.push({ mark: 'leased', group: 1, offset })
  }

  note(copied: boolean): void {
    const note = { op: 'note', n: this.words.length }
    const copy = { ...facts(this.words.length), message: message('copy') }
    this.journal?.note(note, copied ? copy : undefined)
    this.words.push(copied ? { note, copy: JSON.stringify(wordOf({ place: 0, ...copy })) } : { note })
  }

  wait(): void {
    const count = this.words.length
    const run = this.journal
    run?.whenDurable((failure) => {
      if (failure !== undefined || run !== this.journal) return
      if (count < this.durable) throw new Error('out of order')
      this.durable = count
    })
  }

  write(): void {
    this.journal?.write()
  }

  async turn(): Promise<void> {
    for (const fn of this.turns.splice(0)) fn()
    await promises()
  }

  async sync(pick: number): Promise<void> {
    const [finish] = this.syncs.splice(pick % Math.max(1, this.syncs.length), 1)
    finish?.()
    await promises()
  }

  /** Lets everything come to rest. */
  async settle(): Promise<void> {
    while (this.turns.length + this.syncs.length > 0) {
      await this.turn()
      await this.sync(0)
    }
  }

  stop(how: 'crash' | 'kill'): void {
    this.journal = undefined
    this.store = undefined
    this.turns = []
    this.syncs = []
    this.disk = this.plugged(how === 'crash' ? this.disk.crash() : this.disk.kill())
  }

  async close(): Promise<void> {
    const { store } = this
    const closed = store?.close()
    await this.settle()
    await closed
    this.journal = undefined
    this.store = undefined
  }

  /** Opens after `stop` or `close`; false when the disk failed in the middle, after so many operations. */
  async open(operations = Number.POSITIVE_INFINITY): Promise<boolean> {
    let left = operations
    this.disk.fault = () => (left-- > 0 ? undefined : 'EBADF')
    const owner = new Told()
    const places: Stored[] = []
    const said = owner.message.bind(owner)
    owner.message = (stored) => {
      places.push({ ...stored })
      said(stored)
    }
    owner.checkpointNote = (): Note => ({ op: 'checkpoint', words: this.words.length, offset: this.offset })
    owner.onEvacuate = (from, to) => this.evacuate(from, to)
    try {
      const store = await openStore({
        dir: '/store',
        disk: this.disk,
        segmentBytes: this.segmentBytes,
        minFreeBytes: 0,
        makeSalt: () => 0xdecade,
        schedule: (fn) => this.turns.push(fn),
      })
      const journal = store.open(channel('a.b'), owner)
      this.store = store
      this.journal = journal
    } catch (error) {
      if (left > 0) throw error
      return false
    }
    this.disk.fault = () => undefined
    this.owner = owner
    this.compare(places)
    return true
  }

  private plugged(disk: CrashDisk): CrashDisk {
    disk.onDatasync = (finish) => this.syncs.push(finish)
    return disk
  }

  private add(offset: number, payload: string): void {
    if (this.journal === undefined) return
    const place = this.journal.message(facts(offset), message(`id-${offset}`, payload))
    this.journal.hold(place)
    this.live.set(offset, place)
    this.words.push(wordOf({ place, ...facts(offset), message: message(`id-${offset}`, payload) }))
  }

  private evacuate(from: Place, to: Place): void {
    this.evacuations++
    for (const [offset, place] of this.live) {
      if (place < from || place >= to || this.journal === undefined) continue
      const stored = this.journal.read(place)
      this.journal.release(place)
      this.add(offset, new TextDecoder().decode(stored.message.body.bytes()))
    }
  }

  /** What was said back is a stretch of what was told: its end behind the last durable word, its begin before all that is held. */
  private compare(stored: readonly Stored[]): void {
    const said = [...this.owner.words]
    let begin = 0
    const [first] = said
    if (first !== undefined && 'note' in first && first.note.op === 'checkpoint') {
      begin = Number(first.note.words)
      said.shift()
    }
    const end = begin + said.length
    if (end < this.durable) throw new Error(`lost: ${end} words are left, ${this.durable} were durable`)
    const expected = JSON.stringify(this.words.slice(begin, end))
    if (JSON.stringify(said) !== expected) throw new Error(`altered between ${begin} and ${end}`)
    this.words = this.words.slice(0, end)
    this.durable = end
    this.removedSegments += begin > 0 ? 1 : 0
    const places = new Map(stored.map(({ offset, place }) => [offset, place]))
    const live = new Set<number>()
    this.offset = 0
    for (const word of this.words) {
      if ('message' in word) {
        live.add(word.offset)
        this.offset = Math.max(this.offset, word.offset + 1)
      } else if ('mark' in word && word.mark === 'done') live.delete(word.offset)
    }
    this.live = new Map()
    for (const offset of live) {
      const place = places.get(offset)
      if (place === undefined) throw new Error(`message ${offset} was not done and is gone`)
      this.live.set(offset, place)
      this.journal?.hold(place)
      if (this.journal?.read(place).offset !== offset)
        throw new Error(`message ${offset} is not at its place`)
    }
  }
}

async function promises(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve()
}
