/** FNV-1a with 64 bits: the hash behind fingerprints. */

const utf8 = new TextEncoder()
/** The 64-bit prime is 2^40 + 0x1b3. */
const prime = 0x1b3

/**
 * Hash of the UTF-8 bytes of a text as 16 hex digits. Chosen because contracts are hashed while modules
 * load, where the platform's cryptographic hashes are asynchronous, and because a dozen lines need no dependency. It
 * tells builds apart and keeps no secret: equal fingerprints must never grant anything.
 */
export function fnv1a64(text: string): string {
  let high = 0xcbf29ce4
  let low = 0x84222325
  for (const byte of utf8.encode(text)) {
    low = (low ^ byte) >>> 0
    // Two halves of 32 bits: every product stays below 2^53, and the 2^40 of the prime is a shift by 8 of the low half.
    const product = low * prime
    high = (high * prime + Math.floor(product / 0x1_0000_0000) + ((low << 8) >>> 0)) >>> 0
    low = product >>> 0
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}
