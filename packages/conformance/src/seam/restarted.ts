/** A restart of the broker in the middle of a case. */

import type { Scene } from '../scene.js'
import { comebackMs, within } from '../within.js'
import type { Link } from './link.js'

/** Restarts the broker and gives a fresh link to it. */
export async function restarted(scene: Scene): Promise<Link> {
  const { restart } = scene.world
  if (restart === undefined) throw new Error('This world cannot restart.')
  await within(restart(), 'the restart', comebackMs)
  return within(scene.link(), 'a link after the restart', comebackMs)
}
