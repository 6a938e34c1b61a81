/** Which link has which of the latest openings, so that callers hear at once when it dies with them. */

import type { Frame } from '@busbar/adapter'

/** A responder says soon that it has an opening; those of the time before are by far fewer. */
const kept = 8_192
const nothing = new Uint8Array(0)
const exchangeHeader = 'busbar-exchange'

export class Openings {
  private readonly linkOf = new Map<string, string>()

  /** Whoever had it before has it no longer. */
  record({ headers }: Frame, link: string): void {
    const id = headers[exchangeHeader]
    if (id === undefined) return
    this.linkOf.delete(id)
    this.linkOf.set(id, link)
    if (this.linkOf.size <= kept) return
    for (const oldest of this.linkOf.keys()) {
      this.linkOf.delete(oldest)
      break
    }
  }

  /** What the link would have said of each, if it could. */
  lost(link: string): readonly Frame[] {
    const frames: Frame[] = []
    for (const [id, has] of this.linkOf) {
      if (has !== link) continue
      this.linkOf.delete(id)
      frames.push({ headers: { [exchangeHeader]: id, 'busbar-control': 'gone' }, body: nothing })
    }
    return frames
  }
}
