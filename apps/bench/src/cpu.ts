/** CPU time, which says what a message costs even on a machine that others use as well. */

import { readFileSync } from 'node:fs'

/** Of this process since its start, user and system, in us. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Of another process with all its threads, from what Linux says about it, to 10 ms; not a number elsewhere. */
export function cpuUsOf(pid: number): number {
  try {
    // The name in brackets may hold spaces; user and system time are the 12th and 13th field after it, in ticks of 10 ms.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch {
    return Number.NaN
  }
}

/** "publisher 3.1, hub 2.0" in us for each of `count` operations. */
export function perOperation(used: Readonly<Record<string, number>>, count: number): string {
  return Object.entries(used)
    .map(([who, us]) => `${who} ${(us / count).toFixed(2)}`)
    .join(', ')
}
