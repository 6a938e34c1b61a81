/** Checks the options of a store once, at the door. */

import { BusError } from 'busbar/transport'
import type { StoreOptions } from './open-store.js'

const known: ReadonlySet<string> = new Set<keyof StoreOptions>([
  'dir',
  'minFreeBytes',
  'segmentBytes',
  'log',
  'onRefusal',
  'clock',
  'disk',
  'schedule',
  'makeSalt',
  'pid',
])

const least = 4096
const most = 64 * 1024 * 1024

/** INVALID_OPTION, naming the option. */
export function checkOptions(options: StoreOptions): void {
  for (const name of Object.keys(options))
    if (!known.has(name)) throw invalid(`A store has no option "${name}"; there are ${[...known].join(', ')}`)
  const { dir, minFreeBytes, segmentBytes } = options
  if (typeof dir !== 'string' || dir === '') throw invalid('"dir" is a path')
  if (minFreeBytes !== undefined && !(Number.isSafeInteger(minFreeBytes) && minFreeBytes >= 0))
    throw invalid(`"minFreeBytes" is a whole number of bytes from 0 on, not ${minFreeBytes}`)
  if (segmentBytes === undefined) return
  if (!(Number.isSafeInteger(segmentBytes) && segmentBytes >= least && segmentBytes <= most))
    throw invalid(`"segmentBytes" is a whole number of bytes from ${least} to ${most}, not ${segmentBytes}`)
}

function invalid(what: string): BusError {
  return new BusError('INVALID_OPTION', `${what}.`)
}
