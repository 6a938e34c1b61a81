/** A Lua script with the hash under which the server keeps it. */

import { createHash } from 'node:crypto'

export interface Script {
  readonly source: string
  readonly sha: string
}

/** Joins pieces of Lua; later ones may use what earlier ones define. */
export function script(...pieces: readonly string[]): Script {
  const source = pieces.join('\n')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}
