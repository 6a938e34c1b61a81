/** Rounds of several contestants in turn, and ratios pair by pair, so that a machine whose speed drifts does not lie. */

export interface Contestant {
  readonly name: string
  /** One round; gives operations per second. */
  run(): Promise<number>
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const shown = (rate: number): string =>
  rate >= 1e6 ? `${(rate / 1e6).toFixed(2)}M` : rate >= 1e3 ? `${(rate / 1e3).toFixed(0)}k` : rate.toFixed(0)

/** Runs warm-up and rounds interleaved; prints median [min-max] and the median ratio to the first contestant. */
export async function compare(title: string, contestants: readonly Contestant[], rounds = 7): Promise<void> {
  const rates = contestants.map((): number[] => [])
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, contestant] of contestants.entries()) {
      const rate = await contestant.run()
      if (round >= 0) rates[index]?.push(rate)
    }
  }
  console.log(`${title}: ${rounds} rounds, Node ${process.version}`)
  for (const [index, contestant] of contestants.entries()) {
    const own = rates[index] ?? []
    const ratios = own.map((rate, round) => rate / (rates[0]?.[round] ?? Number.NaN))
    const range = `${shown(Math.min(...own))}-${shown(Math.max(...own))}`
    console.log(
      `  ${contestant.name.padEnd(44)} ${shown(median(own)).padStart(7)}/s [${range}]  ${median(ratios).toFixed(2)}x`,
    )
  }
}

export interface TimedContestant {
  readonly name: string
  /** One round; gives the median and the 99th percentile of single operations. */
  run(): Promise<{ readonly p50Us: number; readonly p99Us: number }>
}

/** The same for the time of single operations: median [min-max] of the p50 of each round, and of their p99. */
export async function compareTimes(
  title: string,
  contestants: readonly TimedContestant[],
  rounds = 7,
): Promise<void> {
  const times = contestants.map((): { p50Us: number; p99Us: number }[] => [])
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, contestant] of contestants.entries()) {
      const time = await contestant.run()
      if (round >= 0) times[index]?.push(time)
    }
  }
  console.log(`${title}: ${rounds} rounds, Node ${process.version}`)
  for (const [index, contestant] of contestants.entries()) {
    const own = (times[index] ?? []).map(({ p50Us }) => p50Us)
    const ratios = own.map((time, round) => time / (times[0]?.[round]?.p50Us ?? Number.NaN))
    const p99 = median((times[index] ?? []).map(({ p99Us }) => p99Us))
    const range = `${Math.min(...own).toFixed(0)}-${Math.max(...own).toFixed(0)}`
    console.log(
      `  ${contestant.name.padEnd(44)} p50 ${median(own).toFixed(0)} us [${range}]  p99 ${p99.toFixed(0)} us  ${median(ratios).toFixed(2)}x`,
    )
  }
}
