/** How exchanges end that nobody ended in words. */

import { BusError, type Closed, errorTable, isBusError } from 'busbar/transport'

const closedBy = (code: Closed['code'], message: string): Closed => Object.freeze({ code, message })

export const timedOut = closedBy('TIMEOUT', 'The deadline passed before the exchange was finished.')
export const gaveUp = closedBy('CANCELLED', 'The caller gave up.')
export const cutOff = closedBy('DISCONNECTED', 'The link to the broker broke.')
export const notConnected = closedBy('DISCONNECTED', 'The broker is not connected; nothing was sent.')
export const nobodyServes = closedBy('NO_RESPONDER', 'Nobody serves this address.')
export const pairTaken = closedBy('PAIR_TAKEN', 'The address is dialed by somebody else.')
export const tooMany = closedBy('QUEUE_FULL', 'Too many exchanges wait at the one who serves the address.')
export const linkClosed = closedBy('CLOSED', 'The link was closed.')
export const partLost = closedBy('DISCONNECTED', 'A part was lost on the way.')
export const overrun = closedBy('PROTOCOL_ERROR', 'The other side sent more than its window allows.')

/** What a side hears when the other one is not there any more. */
export function peerLost(isPair: boolean, isOpener: boolean): Closed {
  if (isPair) return { code: 'PEER_GONE', message: 'The other side of the pair went away.' }
  return isOpener
    ? { code: 'DISCONNECTED', message: 'The responder went away.' }
    : { code: 'CANCELLED', message: 'The caller went away.' }
}

/** What the other side hears when this one leaves. */
export function leaving(isPair: boolean, isOpener: boolean): Closed {
  if (isPair) return { code: 'PEER_GONE', message: 'The other side closed its link.' }
  return isOpener
    ? { code: 'CANCELLED', message: 'The caller closed its link.' }
    : { code: 'DISCONNECTED', message: 'The responder closed its link.' }
}

/** The end that an error of the adapter stands for. */
export function closedByError(error: unknown): Closed {
  if (!isBusError(error)) return { code: 'DISCONNECTED', message: `The broker failed: ${String(error)}` }
  const { code, message } = error
  const head = `${code}: `
  const tail = ` ${errorTable[code].fix}`
  const isWhole = message.startsWith(head) && message.endsWith(tail)
  return { code, message: isWhole ? message.slice(head.length, -tail.length) : message }
}

/** Why nothing can be said on an exchange any more. */
export function refusal(reason: Closed | undefined): BusError {
  return reason === undefined || reason.code === 'DONE'
    ? new BusError('CLOSED', 'Nothing can be sent on an exchange that has ended.', { outcome: 'rejected' })
    : new BusError(reason.code, reason.message ?? 'The exchange has ended, nothing more can be sent on it.', {
        outcome: 'rejected',
      })
}
