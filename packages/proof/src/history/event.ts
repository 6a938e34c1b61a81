/** What a harness writes down: one event a line, in the order in which it happened to the harness. */

/** What a topic promises, as far as the checker judges it. Comes before everything else about the topic. */
export interface TopicEvent {
  readonly op: 'topic'
  readonly topic: string
  readonly kind: 'event' | 'queue' | 'stream'
  /** Delivered at least once to each group; false only for plain events. */
  readonly tracked: boolean
  /** Messages of one key are handled one at a time and in order. */
  readonly ordered: boolean
  /** Receipts mean "on disk"; what was receipted survives the end of the hub. */
  readonly durable: boolean
  /** Deliveries before a message becomes a dead letter. */
  readonly attempts: number
  readonly leaseMs: number
  /** A second publish with one id within this time is the same message. */
  readonly dedupeMs?: number
  /** Age or retention may remove messages. Default false. */
  readonly bounded?: boolean
}

/** A publish begins. One process is one producer session: order is promised within it. */
export interface PublishInvoked {
  readonly op: 'publish'
  readonly type: 'invoke'
  readonly topic: string
  readonly id: string
  /** `producer-counter`. */
  readonly value: string
  /** Of the payload, by whatever the harness uses for deliveries too. */
  readonly hash: number
  readonly key?: string
  /** Sent with a delay or a priority: its place in the line is not that of its publish. Default false. */
  readonly late?: boolean
}

/** A publish ended: receipted, refused for good, or nobody knows. */
export type PublishEnded =
  | {
      readonly op: 'publish'
      readonly type: 'ok'
      readonly topic: string
      readonly id: string
      readonly level: 'sent' | 'accepted' | 'durable'
      readonly offset?: number
      readonly duplicate?: boolean
    }
  | {
      readonly op: 'publish'
      /** `fail`: it will never appear; `unknown`: it may appear once or not at all. */
      readonly type: 'fail' | 'unknown'
      readonly topic: string
      readonly id: string
      readonly code: string
    }

/** A consumer's place. Without `group` it gets its own copy, except on queues, where all workers are one group. */
interface Place {
  readonly topic: string
  readonly group?: string
}

/** Written when the consumer is effective. */
export interface Subscribed extends Place {
  readonly op: 'subscribe'
  readonly concurrency: number
  /** Of a stream: the offset where a group or reader begins, if the harness knows it. */
  readonly from?: number
}

/** A consumer is being closed, and is gone. */
export interface Unsubscribed extends Place {
  readonly op: 'unsubscribe'
  readonly type: 'invoke' | 'ok'
}

/** What this process settled at this place so far has been confirmed to it as safe. */
export interface Confirmed extends Place {
  readonly op: 'confirm'
}

/** A group's position that was confirmed as safe: everything below the offset. */
export interface Committed extends Place {
  readonly op: 'commit'
  readonly offset: number
}

/** A handler begins. */
export interface Delivered extends Place {
  readonly op: 'deliver'
  /** Names this delivery within the history. */
  readonly n: number
  readonly id: string
  readonly value: string
  readonly hash: number
  readonly attempt: number
  readonly offset?: number
}

/** The claim of a delivery was lost: what is settled afterwards must change nothing. */
export interface ClaimLost {
  readonly op: 'lost'
  readonly n: number
}

/** A handler ended; written before its outcome goes anywhere. */
export interface Settled {
  readonly op: 'settle'
  readonly n: number
  /** `retry` stands for a handler that threw, too. */
  readonly outcome: 'done' | 'drop' | 'retry' | 'reject'
}

/** A consumer was told what it will not see. */
export interface Gap extends Place {
  readonly op: 'gap'
  readonly count: number
  readonly from?: number
  readonly to?: number
}

/** One of the dead letters that were there at the end. */
export interface DeadLetterSeen extends Place {
  readonly op: 'dead'
  readonly id: string
  readonly value: string
  readonly hash: number
  readonly reason: string
}

/** Dead letters are put back; all of them without `ids`. Letters that died before `ok` may come again. */
export interface Redriven {
  readonly op: 'redrive'
  readonly type: 'invoke' | 'ok'
  readonly topic: string
  readonly ids?: readonly string[]
}

/** A purge, or dead letters discarded; `count` is what the hub said. */
export interface Purged {
  readonly op: 'purge'
  readonly type: 'invoke' | 'ok'
  readonly topic: string
  readonly count?: number
}

/** Something is done to the system; `begin` is written before it, `end` when its effect is over. */
export interface Fault {
  readonly op: 'fault'
  readonly type: 'begin' | 'end'
  /** `kill` and `restart` end the hub; what was not durable is gone. */
  readonly fault: 'kill' | 'restart' | 'pause' | 'cut' | 'clock' | 'disk'
}

/** The link of this process changed. */
export interface LinkChanged {
  readonly op: 'link'
  readonly state: string
}

/** What the hub says about a topic at a quiet point. */
export interface Counts {
  readonly op: 'counts'
  readonly topic: string
  readonly received: number
  readonly ready: number
  readonly delayed: number
  readonly leased: number
  readonly done: number
  readonly dropped: number
  readonly dead: number
  readonly expired: number
  readonly purged: number
}

/** One record of a stream as it was replayed at the end, from the first that is left. */
export interface RecordSeen {
  readonly op: 'record'
  readonly topic: string
  readonly offset: number
  readonly id: string
  readonly value: string
  readonly hash: number
}

/** The harness has seen everything: no message waits, all dead letters and records were written down. */
export interface Drained {
  readonly op: 'drained'
  readonly topic: string
}

/** What happened, without who and when. */
export type Happening =
  | TopicEvent
  | PublishInvoked
  | PublishEnded
  | Subscribed
  | Unsubscribed
  | Confirmed
  | Committed
  | Delivered
  | ClaimLost
  | Settled
  | Gap
  | DeadLetterSeen
  | Redriven
  | Purged
  | Fault
  | LinkChanged
  | Counts
  | RecordSeen
  | Drained

/** One line of a history. */
export type HistoryEvent = Happening & {
  /** Monotonic ms of the harness. */
  readonly at: number
  readonly process: string
}
