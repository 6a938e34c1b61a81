/** One exchange as its acceptor holds it, from the opening to the end. */

import type { Acceptor } from './acceptor.js'
import { Line } from './line.js'
import type { LineOwner } from './line-host.js'
import type { Opening } from './opening-frames.js'
import { nobodyServes } from './reasons.js'

export class Offered implements LineOwner {
  readonly line: Line
  readonly isForeign: boolean
  hasBegun = false
  /** Tells the broker that it waits no longer. */
  onTaken: (() => void) | undefined
  private readonly deadline: number

  constructor(
    private readonly acceptor: Acceptor,
    private readonly opening: Opening,
  ) {
    const { host, request } = acceptor
    const { exchangeId, reply, windowBytes, timeoutMs } = opening
    const now = host.now()
    this.isForeign = windowBytes === undefined
    this.deadline = timeoutMs === undefined ? Number.POSITIVE_INFINITY : now + timeoutMs
    this.line = new Line(
      host,
      {
        exchangeId,
        isOpener: false,
        isPair: request.channel.kind === 'pair',
        other: reply,
        windowBytes: windowBytes ?? Number.POSITIVE_INFINITY,
        isForeign: this.isForeign,
        deadline: this.deadline,
        noticeAt: this.isForeign ? Number.POSITIVE_INFINITY : now + host.noticeMs,
      },
      this,
    )
  }

  begin(): void {
    const { acceptor, line, opening } = this
    const { message, timeoutMs } = opening
    this.hasBegun = true
    this.onTaken?.()
    line.begin()
    const leftMs = timeoutMs === undefined ? undefined : Math.max(0, this.deadline - acceptor.host.now())
    line.attach(acceptor.accept({ message, timeoutMs: leftMs, exchange: line }))
  }

  /** It was not begun and will not be, here. */
  leave(): void {
    this.line.finish(nobodyServes)
  }

  finished(): void {
    const { acceptor, opening } = this
    const { dialed } = acceptor.host
    if (dialed.get(opening.message.address) === this) dialed.delete(opening.message.address)
    this.onTaken?.()
    acceptor.over(this)
  }
}
