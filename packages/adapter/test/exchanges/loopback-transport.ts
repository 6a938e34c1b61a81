/** The smallest transport of requests and pairs: exchanges on the lanes of a broker in this process. */

import {
  BusError,
  type Capabilities,
  type Feature,
  features,
  type Host,
  type Support,
  type Transport,
} from 'busbar/transport'
import { createExchanges, type ExchangeOptions, type Exchanges } from '../../src/index.js'
import type { LoopbackBroker, LoopbackLink } from './loopback-broker.js'

const claimed: readonly Feature[] = ['request', 'request.cancel', 'request.streamed', 'pair', 'reconnect']

const capabilities: Capabilities = Object.freeze({
  // The entries were made from the list of all features.
  features: Object.freeze(
    Object.fromEntries(features.map((name) => [name, claimed.includes(name) ? 'emulated' : 'none'])),
  ) as Readonly<Record<Feature, Support>>,
  limits: Object.freeze({ maxMessageBytes: 1_048_576, maxDelayMs: 0 }),
})

/** A link with what moves it. */
export interface Joined {
  readonly host: Host
  readonly lanes: LoopbackLink
  readonly exchanges: Exchanges
}

export function join(broker: LoopbackBroker, host: Host, options?: ExchangeOptions): Joined {
  const lanes = broker.link()
  const exchanges = createExchanges(host, lanes, options)
  lanes.onFrame = (frame) => exchanges.onFrame(frame)
  return { host, lanes, exchanges }
}

export function cut({ host, lanes, exchanges }: Joined): void {
  lanes.isCut = true
  exchanges.onCut()
  host.onState('reconnecting')
}

export function heal({ host, lanes, exchanges }: Joined): void {
  lanes.isCut = false
  exchanges.onBack()
  host.onState('connected')
}

export function transportOf({ exchanges, lanes }: Joined, over: () => void): Transport {
  const unsupported = async (): Promise<never> => {
    throw new BusError('UNSUPPORTED', 'Only requests and pairs are carried here.')
  }
  return {
    name: 'lanes',
    capabilities,
    async declare(_channel, signal) {
      signal.throwIfAborted()
    },
    publish: unsupported,
    consume: unsupported,
    open: exchanges.open,
    accept: exchanges.accept,
    manage: unsupported,
    async close(signal) {
      await exchanges.close(signal)
      lanes.kill()
      over()
    },
  }
}
