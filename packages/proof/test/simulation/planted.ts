/** Faults that a hub could have, put between the engine and its store: each must be found. */

import type { Journal, JournalOwner, Note, OpenedStore, Stored } from 'busbar/transport'
import { DiskMedium } from './disk-medium.js'
import type { LifeHost } from './medium.js'
import type { queues, streams } from './scenarios.js'

/** What is different; what is left out is as it should be. */
export interface Planted {
  /** Where it shows; default `plain`. */
  readonly scenario?: keyof typeof queues | keyof typeof streams
  readonly epoch?: 0
  /** What the journal is told instead. */
  readonly journal?: (journal: Journal, host: LifeHost) => Partial<Journal>
  /** What the engine is told instead when the journal is read, and says of itself. */
  readonly owner?: (owner: JournalOwner) => Partial<JournalOwner>
  /** Syncs of directories do nothing. */
  readonly forgetsNames?: true
}

const forgetting = (op: string): Planted => ({
  journal: (journal) => ({
    note: (note, copy) => journal.note(note.op === op ? { op: 'failed', group: -2 } : note, copy),
  }),
})
const deaf = (op: string): Planted => ({
  owner: (owner) => ({ note: (note, stored) => note.op !== op && owner.note(note, stored) }),
})
const renamed = (stored: Stored): Stored => ({
  ...stored,
  message: { ...wholeOf(stored), id: `${stored.message.id}?` },
})
const wholeOf = ({ message: { id, address, key, headers, time, body } }: Stored): Stored['message'] => ({
  id,
  address,
  key,
  headers,
  time,
  body,
})

export const planted: Readonly<Record<string, Planted>> = {
  'a receipt before the sync': {
    journal: (_journal, { schedule }) => ({ whenDurable: (fn) => schedule(() => fn(undefined)) }),
  },
  'acks that are not noted': {
    journal: (journal) => ({
      mark: (mark, group, offset) => mark !== 'done' && journal.mark(mark, group, offset),
    }),
  },
  'leases that are not noted': {
    journal: (journal) => ({
      mark: (mark, group, offset) => mark !== 'leased' && journal.mark(mark, group, offset),
    }),
  },
  'failed tries that are not noted': forgetting('failed'),
  'a purge that is not noted': forgetting('purged'),
  'a discarded letter that is not noted': forgetting('discarded'),
  'a letter that goes back and stays': deaf('redriven'),
  'ids that are not restored': {
    owner: (owner) => ({ message: (stored) => owner.message(renamed(stored)) }),
  },
  'ids that a purge leaves': deaf('forgotten'),
  'letters that are not restored': deaf('dead'),
  'tokens that come again in the next life': { epoch: 0 },
  'delays that are not restored': {
    owner: (owner) => ({ message: (stored) => owner.message({ ...stored, delayMs: 0 }) }),
  },
  'back-offs that are not restored': {
    owner: (owner) => ({
      note: (note, stored) => owner.note(note.op === 'failed' ? { ...note, due: 0 } : note, stored),
    }),
  },
  'copies that forget what was tried': {
    journal: (journal) => ({
      note: (note, copy) => journal.note(note.op === 'moved' ? untried(note) : note, copy),
    }),
  },
  'copies that forget that somebody has them': {
    scenario: 'embedded',
    journal: (journal) => ({
      note: (note, copy) => journal.note(note.op === 'moved' ? unleased(note) : note, copy),
    }),
  },
  'a checkpoint that miscounts': {
    owner: (owner) => ({ checkpoint: () => miscounted(owner.checkpoint()) }),
  },
  'a checkpoint that begins to count offsets anew': {
    scenario: 'short stream',
    owner: (owner) => ({ checkpoint: () => ({ ...owner.checkpoint(), first: 0 }) }),
  },
  'a commit that is ahead of what was settled': {
    scenario: 'stream',
    journal: (journal) => ({
      note: (note, copy) =>
        journal.note(note.op === 'commit' ? { ...note, offset: Number(note.offset) + 1 } : note, copy),
    }),
  },
  'records that are read before they are on disk': {
    scenario: 'stream',
    journal: (_journal, { schedule }) => ({ whenDurable: (fn) => schedule(() => fn(undefined)) }),
  },
  'a group that a restart forgets': {
    scenario: 'stream',
    ...deaf('group'),
  },
  'a segment that goes while it is held': {
    journal: () => ({ hold: () => undefined, release: () => undefined }),
  },
  'a new segment whose name is not synced': { forgetsNames: true },
}

const untried = (note: Note): Note => {
  const groups = note.groups as readonly { readonly group: number }[]
  return { ...note, groups: groups.map(({ group }) => ({ group, acquired: 0, failed: 0 })) }
}
const unleased = (note: Note): Note => {
  const groups = note.groups as readonly object[]
  return { ...note, groups: groups.map((known) => ({ ...known, leased: false })) }
}
const miscounted = (note: Note): Note => {
  const tally = note.tally as { readonly received: number }
  return { ...note, tally: { ...tally, received: Math.max(0, tally.received - 1) } }
}

export class PlantedMedium extends DiskMedium {
  constructor(private readonly fault: Planted) {
    super(fault.forgetsNames)
  }

  override async open(host: LifeHost): Promise<OpenedStore> {
    const store = await super.open(host)
    const { epoch = store.epoch, journal, owner } = this.fault
    return {
      epoch,
      channels: store.channels,
      failed: store.failed,
      get refusal() {
        return store.refusal
      },
      close: () => store.close(),
      open(channel, own) {
        const opened = store.open(channel, owner === undefined ? own : withSome(own, owner(own)))
        return journal === undefined ? opened : withSome(opened, journal(opened, host))
      },
    }
  }
}

/** Methods of classes are not spread. */
function withSome<T extends object>(whole: T, some: Partial<T>): T {
  return new Proxy(whole, {
    get(target, name) {
      const value: unknown = Reflect.get(name in some ? some : target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
