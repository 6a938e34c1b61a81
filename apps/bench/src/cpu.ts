/** CPU time, which says what a message costs even on a machine that others use as well. */

/** Of this process since its start, user and system, in us. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** "publisher 3.1, hub 2.0" in us for each of `count` operations. */
export function perOperation(used: Readonly<Record<string, number>>, count: number): string {
  return Object.entries(used)
    .map(([who, us]) => `${who} ${(us / count).toFixed(2)}`)
    .join(', ')
}
