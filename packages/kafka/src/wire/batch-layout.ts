/** Where the fields of a record batch are, in bytes from its start (format 2, the only one of Kafka 4). */

/** Before its records. */
export const headBytes = 61
/** Before what its length counts. */
export const lengthEnd = 12

export const at = {
  firstOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  checksum: 17,
  /** With it begins what the checksum is about. */
  attributes: 21,
  lastDelta: 23,
  firstTime: 27,
  maxTime: 35,
  producerId: 43,
  producerEpoch: 51,
  firstSequence: 53,
  count: 57,
} as const
