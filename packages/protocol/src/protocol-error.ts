/** The one error that bad bytes lead to. */

import { BusError } from 'busbar/transport'

/** What is wrong with the bytes; the connection that sent them is to be closed. */
export function protocolError(what: string): BusError {
  return new BusError('PROTOCOL_ERROR', `${what}.`)
}
