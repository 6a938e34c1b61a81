/** Compares what a hub says of itself with what is known of each message: its counts and its dead letters. */

import type { ChannelState, DeadLetterRecord } from 'busbar/transport'
import { readBody } from './bodies.js'
import type { Copy, Spot, State } from './copy.js'

export type Count = 'done' | 'dropped' | 'dead' | 'expired' | 'purged' | 'received'

const spotsOf: Readonly<Record<Exclude<Count, 'received'>, readonly Spot[]>> = {
  done: ['done'],
  dropped: ['dropped'],
  dead: ['dead'],
  expired: ['expired'],
  purged: ['purged', 'discarded'],
}

/** Each count is between the number of messages that must be there and of those that may. */
export function checkCounts(copies: readonly Copy[], state: ChannelState, counts: readonly Count[]): void {
  for (const count of counts) {
    let [least, most] = [0, 0]
    for (const { states } of copies) {
      const isIn = (one: State): boolean =>
        count === 'received' ? one.at !== 'absent' : spotsOf[count].includes(one.at)
      if (states.every(isIn)) least++
      if (states.some((one) => isIn(one) || (count === 'dead' && isDying(one)))) most++
    }
    if (state[count] < least || state[count] > most)
      throw new Error(`counted: ${state[count]} ${count}, but there are ${least} to ${most}`)
  }
}

/** Every letter is of a message that died or was to die, and every message that died has one. */
export function checkLetters(
  copies: readonly Copy[],
  letters: readonly DeadLetterRecord[],
  tell: () => number,
): void {
  const found = new Set<Copy>()
  for (const letter of letters) {
    const { n, version } = readBody(letter.message.body.bytes())
    const copy = copies.find(
      (one) =>
        one.instance.n === n &&
        one.group.name === letter.group &&
        !found.has(one) &&
        one.states.some(isDying),
    )
    if (copy === undefined) throw new Error(`unexpected: a dead letter of message ${n}`)
    found.add(copy)
    copy.checkFacts(letter.message)
    const isSo = (state: State): boolean =>
      isDying(state) &&
      state.failed === letter.attempts &&
      state.acquired === letter.acquired &&
      state.version === version
    copy.see(isSo, `has a letter after ${letter.attempts} attempts, ${letter.acquired} times`)
    if (copy.may('open')) copy.change(tell(), (state) => ({ ...state, at: 'dead', leased: false }))
  }
  for (const copy of copies)
    if (!found.has(copy) && copy.may('dead')) copy.see(({ at }) => at !== 'dead', 'has lost its letter')
}

const isDying = ({ at, condemned }: State): boolean => at === 'dead' || (at === 'open' && condemned)
