/** The most memory a process has ever had, which says whether its memory is flat. */

import { readFileSync } from 'node:fs'

/** Resident, in MiB, from what Linux says about it; not a number elsewhere. */
export function peakMibOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
  } catch {
    return Number.NaN
  }
}
