/** The dead letters of one channel: bounded, listed in the order of death, put back exactly once. */

import type { Body } from '../body.js'
import type { Message } from '../transport.js'
import type { Burial, DeadLetterStore, LetterLedger, Tally } from './parts.js'

interface Grave extends Burial {
  readonly number: number
  /** Apart from the record, whose message may have to be read from a journal. */
  readonly id: string
}

/** A cursor is `#` and the number of a letter; an id is taken too, for it is what people have at hand. */
const cursorOf = (grave: Grave): string => `#${grave.number}`

/** Makes an empty store; `tally.dead` is what it holds, discarded letters count as purged. */
export function createDeadLetters(
  maxLetters: number,
  maxBytes: number,
  tally: Tally,
  ledger?: LetterLedger,
): DeadLetterStore {
  const graves = new Map<number, Grave>()
  /** Several groups can give up one message, so an id may name several letters. */
  const byId = new Map<string, Set<Grave>>()
  let waiting: (() => void)[] = []
  let lastNumber = 0
  let bytes = 0

  const chosen = (ids: readonly string[] | undefined): Grave[] =>
    ids === undefined ? [...graves.values()] : [...new Set(ids)].flatMap((id) => [...(byId.get(id) ?? [])])
  const remove = (grave: Grave): void => {
    const { id } = grave
    const same = byId.get(id)
    same?.delete(grave)
    if (same?.size === 0) byId.delete(id)
    graves.delete(grave.number)
    bytes -= grave.size
    ledger?.removed(grave.number)
  }
  const add = (number: number, burial: Burial): void => {
    const { id } = burial.record.message
    const grave: Grave = { ...burial, number, id }
    graves.set(number, grave)
    const same = byId.get(id)
    if (same === undefined) byId.set(id, new Set([grave]))
    else same.add(grave)
    bytes += grave.size
  }
  const tellRoom = (): void => {
    const told = waiting
    waiting = []
    for (const fn of told) fn()
  }
  const numberAfter = (after: string): number => {
    const same = byId.get(after)
    if (same !== undefined) return Math.max(...[...same].map(({ number }) => number))
    return after.startsWith('#') ? Number(after.slice(1)) : Number.NaN
  }

  return {
    get size() {
      return graves.size
    },
    bury(burial) {
      if (graves.size >= maxLetters || (graves.size > 0 && bytes + burial.size > maxBytes)) return false
      lastNumber++
      const record = ledger?.buried(lastNumber, burial) ?? burial.record
      add(lastNumber, { ...burial, record })
      tally.dead++
      return true
    },
    restore(letter, burial) {
      lastNumber = Math.max(lastNumber, letter)
      const known = graves.get(letter)
      if (known !== undefined) remove(known)
      add(letter, burial)
    },
    onRoom: (fn) => void waiting.push(fn),
    list(after, limit) {
      const from = after === undefined ? 0 : numberAfter(after)
      const page: Grave[] = []
      for (const grave of graves.values()) {
        if (!(grave.number > from)) continue
        if (page.length === limit) {
          const last = page.at(-1)
          return { letters: page.map(({ record }) => record), next: last && cursorOf(last) }
        }
        page.push(grave)
      }
      return { letters: page.map(({ record }) => record), next: undefined }
    },
    redrive(ids, body) {
      let count = 0
      // What dies again meanwhile is not among the chosen: it waits for the next redrive.
      for (const grave of chosen(ids)) {
        const { record, grounds, number } = grave
        const message = body === undefined ? record.message : withBody(record.message, body)
        if (!grave.revive(message, grounds, number)) continue
        remove(grave)
        tally.dead--
        tally.redriven++
        count++
      }
      if (count > 0) tellRoom()
      return count
    },
    discard(ids) {
      const all = chosen(ids)
      if (all.length > 0) ledger?.discarded(all.map(({ number }) => number))
      for (const grave of all) {
        remove(grave)
        tally.dead--
        tally.purged++
      }
      if (all.length > 0) tellRoom()
      return all.length
    },
    forget(letter) {
      const grave = graves.get(letter)
      if (grave !== undefined) remove(grave)
    },
    get last() {
      return lastNumber
    },
    set last(number) {
      lastNumber = number
    },
  }
}

/** Field by field: a wire may read the facts of a message lazily, where a spread would find nothing. */
function withBody({ id, address, key, headers, time }: Message, body: Body): Message {
  return { id, address, key, headers, time, body }
}
