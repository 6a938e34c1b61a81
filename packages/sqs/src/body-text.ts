/** Payloads as the text of an SQS message. */

import type { Body } from 'busbar/transport'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Some servers refuse more than SQS does: characters that need two UTF-16 units go as base64 too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const uncarried = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/

/** JSON as it is; base64 for other codecs, for no bytes at all and for text that SQS does not carry. */
export function bodyText(body: Body): { readonly text: string; readonly isEncoded: boolean } {
  const plain = body.codec === 'json' ? textOf(body) : undefined
  if (plain !== undefined && plain !== '' && !uncarried.test(plain)) return { text: plain, isEncoded: false }
  const bytes = body.bytes()
  // SQS takes no empty body; a line feed is no base64 and thus decodes to nothing.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  return { text: text === '' ? '\n' : text, isEncoded: true }
}

export function bytesOfText(text: string, isEncoded: boolean): Uint8Array {
  return isEncoded ? new Uint8Array(Buffer.from(text, 'base64')) : new TextEncoder().encode(text)
}

function textOf(body: Body): string | undefined {
  const text = body.text?.()
  if (text !== undefined) return text
  try {
    return strict.decode(body.bytes())
  } catch {
    return undefined
  }
}
