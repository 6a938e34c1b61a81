/** Requests and pairs on any broker that can send to an inbox and hand out openings. */

import type { Host } from 'busbar/transport'
import type { ExchangeOptions, Exchanges, Lanes } from './lanes.js'
import { LinkExchanges } from './link-exchanges.js'

/**
 * Gives `open` and `accept` of a transport over the lanes of its broker. A request without delay costs one frame there
 * and one back; what takes longer is kept alive by heartbeats; a part that is lost ends a request with DISCONNECTED and
 * is sent again on a pair.
 */
export function createExchanges(host: Host, lanes: Lanes, options: ExchangeOptions = {}): Exchanges {
  const link = new LinkExchanges(host, lanes, options)
  return {
    open: (request, peer, signal) => link.open(request, peer, signal),
    accept: (request, accept, signal) => link.accept(request, accept, signal),
    onFrame: (frame) => link.onFrame(frame),
    onCut: () => link.onCut(),
    onBack: () => link.onBack(),
    onDown: (reason) => link.onDown(reason),
    close: (signal) => link.close(signal),
  }
}
