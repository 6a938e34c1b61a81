/** What two links cannot both have: a pair's address, and a name for two kinds. */

import type { BusErrorCode } from 'busbar/transport'
import type { Entry, Member } from './directory-messages.js'

export interface Conflict {
  readonly code: BusErrorCode
  readonly text: string
  /** The entry that is too many; undefined when it is a name. */
  readonly number?: number
}

export function conflictsOf(member: Member, others: Iterable<Member>): readonly Conflict[] {
  const found: Conflict[] = []
  const pairs = member.entries.filter(({ kind }) => kind === 'pair')
  for (const other of others) {
    for (const [name, kind] of Object.entries(member.kinds)) {
      const known = Object.hasOwn(other.kinds, name) ? other.kinds[name] : undefined
      if (known === undefined || known === kind) continue
      found.push({
        code: 'CONTRACT_MISMATCH',
        text: `"${name}" is declared as ${known} elsewhere, here as ${kind}.`,
      })
    }
    for (const entry of pairs) {
      if (other.entries.some((taken) => overlap(entry, taken))) found.push(taken(entry))
    }
  }
  for (const [at, entry] of pairs.entries()) {
    if (pairs.slice(0, at).some((before) => overlap(before, entry))) found.push(taken(entry))
  }
  return found
}

const taken = ({ number, pattern }: Entry): Conflict => ({
  code: 'PAIR_TAKEN',
  text: `Somebody else serves "${pattern}".`,
  number,
})

function overlap(one: Entry, other: Entry): boolean {
  if (other.kind !== 'pair' || one.channel !== other.channel) return false
  const left = one.pattern.split('.')
  const right = other.pattern.split('.')
  for (let at = 0; ; at += 1) {
    const [a, b] = [left[at], right[at]]
    if (a === undefined || b === undefined) return a === b
    if (a === '**' || b === '**') return true
    if (a !== b && a !== '*' && b !== '*') return false
  }
}
