/** What a message carries: bytes with a codec name, made from a value only when somebody needs the bytes. */

/** A payload on its way; transports that leave the process call `bytes()`, the others pass it on. */
export interface Body {
  /** How the bytes are to be read; `json` unless the contract says otherwise. */
  readonly codec: string
  /** An upper bound of the length of the bytes, exact once they were made. */
  readonly size: number
  /** The encoded payload; the caller must not change it. */
  bytes(): Uint8Array
  /**
   * The same as JSON text where that is cheaper than bytes: for a wire that writes text into its own block, and for a
   * reader that parses text. Undefined, or no such method, where it is not.
   */
  text?(): string | undefined
  /** Tells the body that more than one delivery will read it, so that each must get a private copy. */
  retain(): void
}

/** Wraps bytes that came from a wire. */
export class EncodedBody implements Body {
  constructor(
    readonly codec: string,
    private readonly data: Uint8Array,
  ) {}

  get size(): number {
    return this.data.byteLength
  }

  bytes(): Uint8Array {
    return this.data
  }

  retain(): void {}
}
