/** Dead letters of consumers of which nothing is kept: the letter survives, and so does the fact that it went back. */

import type { Message } from '../../transport.js'
import type { DeadLetterStore, Readmit, Tally } from '../parts.js'
import type { Journal } from '../store.js'
import type { RedrivenNote } from './notes.js'

/** Stands for a group that is not kept. */
const noGroup = -1

/** A message that becomes a letter moves over from the counts of what `passing` saw to those that are `kept`. */
export function createPassingLetters(
  dead: Pick<DeadLetterStore, 'bury' | 'onRoom'>,
  kept: Tally,
  passing: Tally,
  journal: () => Journal,
): Pick<DeadLetterStore, 'bury' | 'onRoom'> {
  return {
    bury(burial) {
      const revive: Readmit = (message, grounds, letter) => {
        if (!burial.revive(whole(message), grounds, letter)) return false
        const note: RedrivenNote = { op: 'redriven', letter, group: noGroup }
        kept.received--
        passing.received++
        journal().note(note)
        return true
      }
      if (!dead.bury({ ...burial, revive })) return false
      kept.received++
      passing.received--
      return true
    },
    onRoom: (fn) => dead.onRoom(fn),
  }
}

/** Read now, for the letter it comes from is about to go. */
const whole = ({ id, address, key, headers, time, body }: Message): Message => ({
  id,
  address,
  key,
  headers,
  time,
  body,
})
