/** Sends a batch so that no message of a key overtakes another, whatever fails. */

import type { OutboxRow } from './outbox-sql.js'
import { Refused } from './send-row.js'

/** What became of a batch; rows in no list are still to be sent. */
export interface BatchResult {
  readonly sent: readonly OutboxRow[]
  readonly refused: readonly { readonly row: OutboxRow; readonly reason: string }[]
  /** The first failure of each topic that must be tried again. */
  readonly failed: ReadonlyMap<string, { readonly row: OutboxRow; readonly error: unknown }>
}

/**
 * Rows of one key wait for the receipt of the one before; rows without a key go out at once, in their order. After a
 * failure nothing more of that topic is begun. Never rejects.
 */
export async function sendBatch(
  rows: readonly OutboxRow[],
  send: (row: OutboxRow) => Promise<unknown>,
  mayGoOn: () => boolean,
): Promise<BatchResult> {
  const sent: OutboxRow[] = []
  const refused: { row: OutboxRow; reason: string }[] = []
  const failed = new Map<string, { row: OutboxRow; error: unknown }>()

  async function sendOne(row: OutboxRow): Promise<void> {
    if (failed.has(row.topic) || !mayGoOn()) return
    try {
      await send(row)
      sent.push(row)
    } catch (error) {
      if (error instanceof Refused) refused.push({ row, reason: error.message })
      else if (!failed.has(row.topic)) failed.set(row.topic, { row, error })
    }
  }

  const lanes = new Map<string, Promise<void>>()
  const all = rows.map((row) => {
    if (row.key === null) return sendOne(row)
    // Neither part has control characters.
    const lane = `${row.topic}\n${row.key}`
    const turn = (lanes.get(lane) ?? Promise.resolve()).then(() => sendOne(row))
    lanes.set(lane, turn)
    return turn
  })
  await Promise.all(all)
  return { sent, refused, failed }
}
