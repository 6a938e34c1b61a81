/** The onion around everything a bus sends and handles. */

import type { AnyTopic } from './topic.js'

/** One crossing of the bus's border; headers may be added on the way out. */
export interface Crossing {
  readonly direction: 'out' | 'in'
  readonly verb:
    | 'publish'
    | 'send'
    | 'append'
    | 'request'
    | 'dial'
    | 'subscribe'
    | 'work'
    | 'reply'
    | 'accept'
  readonly topic: AnyTopic
  readonly id: string
  /** Out: the value given by the caller. In: the validated output given to the handler. */
  readonly value: unknown
  readonly headers: Record<string, string>
  readonly attempt: number | undefined
  readonly key: string | undefined
}

/** Calls `next` once, or throws to refuse; what it resolves with is the receipt, the reply or the handler's result. */
export type BusMiddleware = (crossing: Crossing, next: () => Promise<unknown>) => Promise<unknown>
