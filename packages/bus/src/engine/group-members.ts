/** The members of a group: how they join, stop and leave, and when the last one is gone. */

import type { BusErrorCode } from '../error-table.js'
import type { Outcome } from '../outcome.js'
import type { Dispatcher } from './dispatcher.js'
import type { EngineConsumer, Sink } from './engine.js'
import { createMember, type Member } from './member.js'
import type { ReadyList } from './ready-list.js'

export interface GroupMembers {
  /** Members that did not stop. */
  readonly active: number
  join(sink: Sink, pattern: string | undefined): EngineConsumer
  /** Tells those that did not stop that it is over, and forgets all. */
  end(reason: BusErrorCode): void
}

export interface GroupMembersOptions {
  readonly ready: ReadyList
  readonly dispatcher: Dispatcher
  readonly settle: (member: Member, token: number, outcome: Outcome) => boolean
  readonly extend: (member: Member, token: number) => boolean
  /** A member left: its claims go back. */
  readonly onLeft: (member: Member, failed: boolean) => void
  /** The last one stopped or left. */
  readonly onEmpty: () => void
}

export function createGroupMembers(options: GroupMembersOptions): GroupMembers {
  const { ready, dispatcher, settle, extend } = options
  const members = new Set<Member>()
  let active = 0

  const retire = (member: Member): void => {
    if (!member.active) return
    member.active = false
    if (member.pattern !== undefined) ready.removePattern(member.pattern)
    if (--active === 0) options.onEmpty()
  }

  return {
    get active() {
      return active
    },
    join(sink, pattern) {
      const member = createMember(sink, pattern)
      members.add(member)
      active++
      if (pattern !== undefined) ready.addPattern(pattern)
      return {
        credit: (messages) => dispatcher.credit(member, messages),
        settle: (token, outcome) => settle(member, token, outcome),
        extend: (token) => extend(member, token),
        stop: () => retire(member),
        leave({ failed }) {
          if (!members.delete(member)) return
          options.onLeft(member, failed)
          retire(member)
        },
      }
    },
    end(reason) {
      const ending = [...members].filter((member) => member.active)
      members.clear()
      active = 0
      for (const member of ending) {
        member.active = false
        member.sink.ended(reason)
      }
    },
  }
}
