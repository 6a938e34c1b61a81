/** Every script, so that a link can give them to the server before the first is needed. */

import { bury, declare, discard, enlist, inspect, note, offer, purge, redrive } from './managing.js'
import { append, publishPlain, publishTracked } from './publishing.js'
import type { Script } from './script.js'
import { extend, join, read, release, work } from './working.js'

export const allScripts: readonly Script[] = [
  ...[append, publishPlain, publishTracked, join, work, extend, release, read],
  ...[bury, declare, discard, enlist, inspect, note, offer, purge, redrive],
]
