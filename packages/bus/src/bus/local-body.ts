/** The body of a message that may never leave the process: the validated copy itself, encoded only on demand. */

import type { Body } from '../body.js'
import { EncodedBody } from '../body.js'
import { BusError } from '../errors.js'
import type { Wire } from '../wire-schema.js'
import { encodeJson } from './json.js'

/** Holds the private copy that validation made; whoever receives it must get a copy that nobody else has. */
export class LocalBody implements Body {
  private shared: boolean
  private taken = false
  private encoded: Uint8Array | undefined

  /** `upperBound` is that of the encoded length; `shared` when several deliveries are certain to be possible. */
  constructor(
    private readonly wire: Wire,
    private readonly value: unknown,
    private readonly upperBound: number,
    shared: boolean,
  ) {
    this.shared = shared
  }

  get codec(): string {
    return 'json'
  }

  get size(): number {
    return this.encoded === undefined ? this.upperBound : this.encoded.byteLength
  }

  bytes(): Uint8Array {
    if (this.encoded === undefined) {
      this.refuseTaken()
      this.encoded = encodeJson(this.value)
    }
    return this.encoded
  }

  /** Bytes that exist already are cheaper than the text of the value. */
  text(): string | undefined {
    if (this.encoded !== undefined) return undefined
    this.refuseTaken()
    return JSON.stringify(this.value)
  }

  retain(): void {
    this.shared = true
  }

  /** True when `take` may be called: the only delivery of it goes to a reader with the very same schema. */
  isPrivateTo(wire: Wire): boolean {
    return !this.shared && !this.taken && this.wire === wire
  }

  /** Gives the copy away. */
  take(): unknown {
    this.taken = true
    return this.value
  }

  /** The copy that stays here, to be validated into another; undefined for a reader with another schema. */
  pristineFor(wire: Wire): { readonly value: unknown } | undefined {
    if (this.wire !== wire || this.taken) return undefined
    return { value: this.value }
  }

  private refuseTaken(): void {
    if (!this.taken) return
    // The reader may have changed it: better loud than wrong.
    throw new BusError('INTERNAL', 'A body was read again after its only copy was given away.')
  }
}

/** The body of a part or message that carries nothing. */
export const noBody: Body = new EncodedBody('json', new Uint8Array(0))
