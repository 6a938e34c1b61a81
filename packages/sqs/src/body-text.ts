/** Payloads as the text of an SQS message. */

import type { Body } from 'busbar/transport'

const encoder = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Some servers refuse more than SQS does: characters that need two UTF-16 units go as base64 too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const uncarried = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/
const halves = /[\ud800-\udfff]/

/** JSON as it is; base64 for other codecs, for no bytes at all and for text that SQS does not carry. */
export function bodyText(body: Body): { readonly text: string; readonly isEncoded: boolean } {
  const plain = body.codec === 'json' ? textOf(body) : undefined
  if (plain !== undefined && plain !== '' && !uncarried.test(plain)) return { text: plain, isEncoded: false }
  const bytes = body.bytes()
  // SQS takes no empty body; a line feed is no base64 and thus decodes to nothing.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  return { text: text === '' ? '\n' : text, isEncoded: true }
}

export const bytesOfBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

/** A payload that came as text, which is parsed without being made bytes first. */
export class TextBody implements Body {
  readonly size: number

  constructor(
    readonly codec: string,
    private readonly content: string,
  ) {
    this.size = Buffer.byteLength(content)
  }

  bytes(): Uint8Array {
    return encoder.encode(this.content)
  }

  /** Half a character is no UTF-8: such texts are read as the bytes they stand for. */
  text(): string | undefined {
    return halves.test(this.content) ? undefined : this.content
  }

  retain(): void {}
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
