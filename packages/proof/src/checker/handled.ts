/** What one group did with the messages of a topic. */

/** A message in the hands of a handler. */
export interface Claim {
  readonly n: number
  readonly id: string
  readonly process: string
  readonly attempt: number
  readonly offset: number | undefined
  /** Number and time of the event with which it began. */
  readonly seq: number
  readonly at: number
  readonly group: Group
  isLost: boolean
}

/** How a group was done with a message for good, as far as its handler could tell. */
export interface End {
  readonly kind: 'done' | 'drop' | 'dead'
  readonly claim: Claim
  readonly seq: number
  /** It came before the lease could run out, however late the renewals were. */
  readonly isBrief: boolean
  isConfirmed: boolean
}

/** One message at one group. */
export interface Handled {
  deliveries: number
  /** The last delivery, until it is settled. */
  open: Claim | undefined
  end: End | undefined
  /** A handler ended it at some time: what comes of it afterwards has no place in the line. */
  wasEnded: boolean
  /** It was done at some time, and once so that this was confirmed. */
  wasDone: boolean
  wasConfirmedDone: boolean
  wasDropped: boolean
  /** Somebody found it among the dead letters at the end. */
  isDeadLetter: boolean
}

/** Messages of one group; of queues there is one, and each consumer without a group is one. */
export interface Group {
  readonly name: string
  /** Number of the event with which its first consumer began; messages from then on are its own. */
  readonly since: number
  /** Number of the event with which its last consumer left; only plain events are gone with it. */
  until: number
  /** Consumers now, and the most at any time, each counted with its concurrency. */
  members: number
  peak: number
  readonly handled: Map<string, Handled>
  /** Ranges of offsets that it was told it will not see. */
  readonly gaps: (readonly [from: number, to: number])[]
  /** Messages that it was told it will not see. */
  missed: number
}

export const newGroup = (name: string, since: number): Group => ({
  name,
  since,
  until: Number.POSITIVE_INFINITY,
  members: 0,
  peak: 0,
  handled: new Map(),
  gaps: [],
  missed: 0,
})

export function handledOf(group: Group, id: string): Handled {
  const known = group.handled.get(id)
  if (known !== undefined) return known
  const made: Handled = {
    deliveries: 0,
    open: undefined,
    end: undefined,
    wasEnded: false,
    wasDone: false,
    wasConfirmedDone: false,
    wasDropped: false,
    isDeadLetter: false,
  }
  group.handled.set(id, made)
  return made
}
