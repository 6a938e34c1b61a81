/** What a session is made of, for those who need all of it. */

import type { Channels } from './channels.js'
import type { Consumers } from './consumers.js'
import type { Exchanges } from './exchanges.js'
import type { Outbox } from './outbox.js'
import type { Uplink } from './uplink.js'

export interface Parts {
  readonly uplink: Uplink
  readonly channels: Channels
  readonly consumers: Consumers
  readonly exchanges: Exchanges
  readonly outbox: Outbox
}
