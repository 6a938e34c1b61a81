/** What the race of the adapters asks of each side: the bare client of a broker, and Busbar over its adapter. */

import type { Connect } from 'busbar/transport'
import { Job } from '../job.js'

export type Handle = (job: Job) => void

/** The two kinds that are raced. */
export type Pattern = 'queue' | 'pub/sub'

export interface Contender {
  /** Resolves when the server has confirmed the job, as the adapter has it confirmed. Left out without queues. */
  send?(job: Job): Promise<unknown>
  /** Acknowledges each job after it was handled. Left out without queues. */
  work?(handle: Handle): Promise<unknown>
  /** Resolves when the server has confirmed the event, as the adapter has it confirmed. */
  publish(job: Job): Promise<unknown>
  /** Resolves when what is published afterwards comes. */
  subscribe(handle: Handle): Promise<unknown>
  close(): Promise<unknown>
}

export interface Broker {
  /** Those it has; default both. */
  readonly patterns?: readonly Pattern[]
  /** A queue that is ordered by key is raced as well, where that is other work for the broker; default false. */
  readonly ordered?: boolean
  /** The client that the adapter is made with, used as its documentation says. `name` begins the names at the server. */
  bare(url: string, name: string): Promise<Contender>
  /** The same with the headers that Busbar's messages have, made and read by the client: what an envelope alone costs. */
  bareWithHeaders?(url: string, name: string): Promise<Contender>
  adapter(url: string): Connect
}

/** How far a worker reads ahead, and how many confirms are awaited at a time. */
export const inFlight = 256

export const jobIn = (text: string): Job => Job.parse(JSON.parse(text))
