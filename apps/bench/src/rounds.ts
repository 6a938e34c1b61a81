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
