/** Every script, so that a link can give them to the server before the first is needed. */

import { extend, release } from './claiming.js'
import { join, read } from './joining.js'
import { bury, declare, discard, enlist, inspect, note, offer, purge, redrive } from './managing.js'
import { append, publishPlain, publishStraight, publishTracked } from './publishing.js'
import type { Script } from './script.js'
import { work } from './working.js'

export const allScripts: readonly Script[] = [
  ...[append, publishPlain, publishStraight, publishTracked],
  ...[join, work, extend, release, read],
  ...[bury, declare, discard, enlist, inspect, note, offer, purge, redrive],
]
