/** The acceptors of one channel: who may be handed an exchange for an address, in turns. */

import type { BusErrorCode } from '../error-table.js'
import type { Accept } from '../transport.js'
import { matches, overlap, type Pattern } from './address-pattern.js'
import type { CallList } from './exchange-call.js'

export interface Acceptor {
  readonly pattern: Pattern
  readonly concurrency: number
  accept: Accept
  ended: (reason: BusErrorCode) => void
  /** Handed over or about to be. */
  readonly calls: CallList<Acceptor>
  /** False once it wants no more. */
  open: boolean
}

/** What `pick` says when there is nobody to hand an exchange to. */
export type Nobody = 'none' | 'busy'

export interface Acceptors {
  readonly size: number
  add(acceptor: Acceptor): void
  remove(acceptor: Acceptor): void
  /** One with free capacity, in turns; those for exactly this address come before wildcards. */
  pick(address: string): Acceptor | Nobody
  /** Whether an address of this pattern is served already. */
  taken(pattern: Pattern): boolean
  all(): readonly Acceptor[]
}

interface Turn {
  readonly members: Acceptor[]
  next: number
}

function pickFrom(turn: Turn, address: string): Acceptor | Nobody {
  const { members } = turn
  let nobody: Nobody = 'none'
  for (let tried = 0; tried < members.length; tried++) {
    const at = turn.next < members.length ? turn.next : 0
    turn.next = at + 1
    const acceptor = members[at]
    if (acceptor === undefined || !matches(acceptor.pattern, address)) continue
    if (acceptor.calls.size < acceptor.concurrency) return acceptor
    nobody = 'busy'
  }
  return nobody
}

export function createAcceptors(): Acceptors {
  const exact = new Map<string, Turn>()
  const wild: Turn = { members: [], next: 0 }
  let size = 0
  const all = (): readonly Acceptor[] =>
    [...exact.values()].flatMap((turn) => turn.members).concat(wild.members)
  return {
    get size() {
      return size
    },
    add(acceptor) {
      const { exact: isExact, text } = acceptor.pattern
      let turn = isExact ? exact.get(text) : wild
      if (turn === undefined) {
        turn = { members: [], next: 0 }
        exact.set(text, turn)
      }
      turn.members.push(acceptor)
      size += 1
    },
    remove(acceptor) {
      const { exact: isExact, text } = acceptor.pattern
      const turn = isExact ? exact.get(text) : wild
      const at = turn?.members.indexOf(acceptor) ?? -1
      if (turn === undefined || at < 0) return
      turn.members.splice(at, 1)
      size -= 1
      if (turn !== wild && turn.members.length === 0) exact.delete(text)
    },
    pick(address) {
      const turn = exact.get(address)
      const own = turn === undefined ? 'none' : pickFrom(turn, address)
      if (typeof own !== 'string') return own
      const other = pickFrom(wild, address)
      return other === 'none' ? own : other
    },
    taken(pattern) {
      if (pattern.exact && exact.has(pattern.text)) return true
      const rivals = pattern.exact ? wild.members : all()
      return rivals.some((acceptor) => overlap(acceptor.pattern, pattern))
    },
    all,
  }
}
