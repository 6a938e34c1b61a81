/** Address rules: dot-separated tokens that every wire can carry; checked by the bus, the engine and the hub alike. */

import { BusError } from './errors.js'

/** The longest address or pattern, in UTF-8 bytes. */
const maxAddressBytes = 1_024

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const unsafe = /[\x00-\x20\x7f-\x9f]|\p{Surrogate}/u
const brokenEscape = /%(?![0-9A-F]{2})/
const utf8 = new TextEncoder()

/** What is wrong with a token without wildcards; undefined when nothing is. */
function tokenFault(token: string): string | undefined {
  if (token === '') return 'has an empty token'
  if (token.includes('*')) return 'has a wildcard'
  if (unsafe.test(token)) return 'has a space, a control character or half a surrogate pair'
  if (brokenEscape.test(token)) return 'has a "%" that is not followed by two upper-case hex digits'
  return undefined
}

/** At most 80 characters of a name that may be hostile, safe to print. */
const shown = (address: string): string => JSON.stringify(address.slice(0, 80))

function refuse(what: 'Address' | 'Pattern', address: string, fault: string): never {
  throw new BusError('INVALID_TOPIC', `${what} ${shown(address)} ${fault}.`, { outcome: 'rejected' })
}

function checkLength(what: 'Address' | 'Pattern', address: string): void {
  if (typeof address !== 'string') {
    throw new BusError('INVALID_TOPIC', `${what} must be a string, not ${typeof address}.`)
  }
  // No character is longer than 3 bytes per UTF-16 unit, so that short addresses need no encoding.
  if (address.length * 3 <= maxAddressBytes) return
  const bytes = address.length > maxAddressBytes ? address.length : utf8.encode(address).byteLength
  if (bytes > maxAddressBytes) refuse(what, address, `is longer than ${maxAddressBytes} bytes`)
}

/** Throws INVALID_TOPIC unless messages may be sent to `address`: 1 to 1,024 bytes, no empty token, no wildcard. */
export function checkAddress(address: string): void {
  checkLength('Address', address)
  for (const token of address.split('.')) {
    const fault = tokenFault(token)
    if (fault !== undefined) refuse('Address', address, fault)
  }
}

/** Throws INVALID_TOPIC unless `pattern` may be consumed from: an address whose tokens may be `*`, the last also `**`. */
export function checkPattern(pattern: string): void {
  checkLength('Pattern', pattern)
  const tokens = pattern.split('.')
  for (const [index, token] of tokens.entries()) {
    if (token === '*') continue
    if (token === '**') {
      if (index < tokens.length - 1) refuse('Pattern', pattern, 'has a "**" that is not its last token')
      continue
    }
    const fault = tokenFault(token)
    if (fault !== undefined) refuse('Pattern', pattern, fault)
  }
}

/** True for names that belong to the hub itself; clients may neither publish nor subscribe there. */
export function isReserved(address: string): boolean {
  return address.startsWith('$')
}
