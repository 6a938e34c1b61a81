/** Checks again what the publisher's bus has checked: the hub trusts no peer with addresses, headers and sizes. */

import type { WireMessage } from '@busbar/protocol'
import { BusError, type Channel, checkAddress } from 'busbar/transport'

/** Address, key and headers of one message together, in bytes. */
const maxEnvelopeBytes = 64 * 1024

/** TOO_LARGE, INVALID_TOPIC or INVALID_OPTION (a header), each with outcome `rejected`. */
export function checkMessage(channel: Channel, message: WireMessage, maxMessageBytes: number): void {
  const most = Math.min(channel.guarantees.maxBytes, maxMessageBytes)
  if (message.size > most) {
    throw new BusError(
      'TOO_LARGE',
      `A payload for ${channel.name} has ${message.size} bytes, at most ${most}.`,
      {
        outcome: 'rejected',
        details: { size: message.size, maxBytes: most },
      },
    )
  }
  const envelopeBytes = message.end - message.start - message.size
  if (envelopeBytes > maxEnvelopeBytes) {
    throw new BusError(
      'TOO_LARGE',
      `Address, key and headers of a message for ${channel.name} have ${envelopeBytes} bytes, at most ${maxEnvelopeBytes}.`,
      { outcome: 'rejected' },
    )
  }
  checkPath(channel, message.address)
  if (message.hasControlCharacter) {
    throw new BusError(
      'INVALID_OPTION',
      `A header of a message for ${channel.name} has a control character.`,
      {
        outcome: 'rejected',
      },
    )
  }
}

function checkPath(channel: Channel, address: string): void {
  const { name, params } = channel
  // The name was checked when the channel was declared.
  if (params.length === 0 && address.length === name.length) return
  checkAddress(address)
  const tokens = address === name ? 0 : address.slice(name.length + 1).split('.').length
  if (tokens !== params.length) {
    throw new BusError(
      'INVALID_TOPIC',
      `An address of ${name} has ${tokens} path tokens instead of ${params.length}.`,
      {
        outcome: 'rejected',
      },
    )
  }
}
