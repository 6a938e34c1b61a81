/** Messages that the server gives to a consumer that waits, in their order with those that calls are answered with. */

import type { TakenRow } from './answers.js'
import { rowsInText } from './rows.js'

/** The mark since which the consumer waits, and messages that nobody tried before. */
interface Gift {
  readonly mark: string
  readonly rows: readonly TakenRow[]
}

export class Handed {
  /** Since the answer that was last read; empty when the consumer does not wait, or nobody can tell. */
  private mark = ''
  private count = 0
  /** Gifts that came before the answer they belong behind. */
  private early: Gift[] = []
  private whenCome: (() => void) | undefined

  constructor(private readonly take: (rows: readonly TakenRow[]) => void) {}

  hear(data: Buffer): void {
    const gift = giftIn(data)
    if (gift.mark !== this.mark) this.early.push(gift)
    else {
      this.count += 1
      this.take(gift.rows)
      this.whenCome?.()
    }
  }

  /** Resolves when all has come that was given since `mark` and before the call that says so; at once after a cut. */
  async until(mark: string, count: number): Promise<void> {
    while (this.mark !== '' && this.mark === mark && this.count < count) {
      await new Promise<void>((resolve) => {
        this.whenCome = resolve
      })
    }
    this.whenCome = undefined
  }

  /** An answer was read: what is given from now on says `mark`. */
  since(mark: string): void {
    this.mark = mark
    this.count = 0
    for (const gift of this.early.splice(0)) {
      if (gift.mark !== mark) continue
      this.count += 1
      this.take(gift.rows)
    }
  }

  /** The link was cut or the consumer is over: what may have been under way is taken back by the server. */
  reset(): void {
    this.mark = ''
    this.early = []
    this.whenCome?.()
  }
}

const lineBreak = 0x0a

function giftIn(data: Buffer): Gift {
  const end = data.indexOf(lineBreak)
  const rows = rowsInText(data.subarray(end + 1)).map((row) => ({ row, failed: 0, times: 1 }))
  return { mark: data.toString('latin1', 0, end), rows }
}
