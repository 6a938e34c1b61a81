/** Which records of foreign producers are part of transactions that were given up. */

/** Readers get what was committed: the broker stops before the first transaction that is open, and names those given up. */
export const readCommitted = 1

export interface GivenUp {
  readonly producer: bigint
  /** Offset of its first record. */
  readonly from: bigint
}

const at = { attributes: 21, lastDelta: 23, producer: 43, records: 61 } as const
const controlBit = 1 << 5

/** Whether a batch is to be seen by readers; to be asked about each batch of one answer, in their order. */
export function createVisibility(givenUp: readonly GivenUp[]): (batch: Buffer) => boolean {
  const coming = [...givenUp].sort((one, other) => Number(one.from - other.from))
  const under = new Set<bigint>()
  return (batch) => {
    const isMark = (batch.readInt16BE(at.attributes) & controlBit) !== 0
    if (givenUp.length === 0) return !isMark
    const last = batch.readBigInt64BE(0) + BigInt(batch.readInt32BE(at.lastDelta))
    while (coming[0] !== undefined && coming[0].from <= last) under.add(coming.shift()?.producer ?? -1n)
    const producer = batch.readBigInt64BE(at.producer)
    if (!isMark) return !under.has(producer)
    // A transaction that this producer begins behind it is another one.
    if (isAbort(batch)) under.delete(producer)
    return false
  }
}

/** The only record of a mark has a key of version and type, 0 for a transaction that was given up. */
function isAbort(mark: Buffer): boolean {
  // Behind length, attributes and the two deltas comes the length of the key, each a variable number.
  let place = at.records
  const skip = (): void => {
    while ((mark[place++] ?? 0) > 0x7f);
  }
  skip()
  place += 1
  for (let fields = 0; fields < 3; fields += 1) skip()
  return mark.readInt16BE(place + 2) === 0
}
