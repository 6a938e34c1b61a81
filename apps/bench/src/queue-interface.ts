/** What every contestant of the durable queue can do. */

import type { Job } from './job.js'

/** `jobs` has a worker, `kept` has none. */
export type QueueName = 'jobs' | 'kept'

export interface QueueClient {
  /** What it talks to, with its version. */
  readonly about: string
  /** Resolves when the server has confirmed the job. */
  send(queue: QueueName, job: Job): Promise<void>
  /** Handles jobs, up to 256 ahead, and acknowledges each one after it was handled. */
  work(handle: (job: Job) => void): Promise<void>
  close(): Promise<void>
}

/** How far a worker reads ahead, the same everywhere. */
export const readAhead = 256
