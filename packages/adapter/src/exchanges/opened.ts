/** One exchange as its opener holds it: offered to whoever serves the channel, and once more if it was handed back. */

import type { OpenRequest } from 'busbar/transport'
import type { HeaderDialect } from '../dialect.js'
import type { Lanes } from './lanes.js'
import { Line } from './line.js'
import type { LineHost, LineOwner } from './line-host.js'
import { writeOpening } from './opening-frames.js'
import { closedByError, nobodyServes } from './reasons.js'

export interface OpenedHost extends LineHost {
  readonly lanes: Lanes
  readonly dialect: HeaderDialect
}

export class Opened implements LineOwner {
  readonly line: Line
  private readonly deadline: number

  constructor(
    private readonly host: OpenedHost,
    exchangeId: string,
    private readonly request: OpenRequest,
    readonly signal: AbortSignal,
  ) {
    const { timeoutMs } = request
    this.deadline = timeoutMs === undefined ? Number.POSITIVE_INFINITY : host.now() + timeoutMs
    this.line = new Line(
      host,
      {
        exchangeId,
        isOpener: true,
        isPair: request.channel.kind === 'pair',
        other: undefined,
        windowBytes: 0,
        isForeign: false,
        deadline: this.deadline,
        noticeAt: Number.POSITIVE_INFINITY,
      },
      this,
    )
  }

  finished(): void {}

  again(): void {
    if (!this.line.isOver) this.offer()
  }

  /** Never throws: what goes wrong ends the exchange, and not in the stack of its open. */
  offer(): void {
    const { line } = this
    this.hand().then(
      (answer) => {
        if (answer === 'nobody' && line.other === undefined) line.finish(nobodyServes)
      },
      (error: unknown) => line.finish(closedByError(error)),
    )
  }

  private async hand(): Promise<'offered' | 'nobody'> {
    const { host, request, line, signal, deadline } = this
    const { channel, message, timeoutMs } = request
    const leftMs = timeoutMs === undefined ? undefined : deadline - host.now()
    const { inbox, windowBytes, dialect } = host
    const facts = { exchangeId: line.exchangeId, inbox, windowBytes, dialect }
    const frame = writeOpening({ channel, message, timeoutMs: leftMs }, facts)
    return host.lanes.offer(channel, message.address, frame, signal)
  }
}
