/** When a server may be killed without forgetting a quorum queue. */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** In the head of a table of Erlang's `dets`: 1 when all that was put in is in the file. */
const savedAt = 8
const pauseMs = 20

/**
 * RabbitMQ answers a declaration at once and saves up to a second later, in `names.dets`, which quorum queues there
 * are. One that is younger when the server is killed stays without a leader.
 */
export async function queuesAreKnown({ dir }: { readonly dir: string }): Promise<void> {
  const files = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('names.dets'))
  const isSaved = async (name: string): Promise<boolean> =>
    (await readFile(join(dir, name))).readUInt32BE(savedAt) === 1
  while (!(await Promise.all(files.map(isSaved))).every(Boolean)) await setTimeout(pauseMs)
}
