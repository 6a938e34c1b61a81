/** What the parts of one transport share. */

import type { Host } from 'busbar/transport'
import type { Delays } from './delays.js'
import type { Link } from './link.js'
import type { Names } from './names.js'
import type { Settings } from './options.js'
import type { Publisher } from './publisher.js'
import type { Recent } from './recent.js'

export interface Context {
  readonly host: Host
  readonly settings: Settings
  readonly names: Names
  readonly link: Link
  readonly publisher: Publisher
  readonly delays: Delays
  /** Of a queue, shared by its consumers on this link. */
  recentOf(queue: string): Recent
  /** Short, unguessable, never the same. */
  makeToken(): string
  /** For messages that came without an id. */
  makeId(): string
}
