/** The frame set of the hub protocol: numbers, flags and limits. `docs/protocol.md` describes each layout. */

/** Frame types. `c` is sent by clients, `h` by hubs. */
export const frameType = {
  /** c: magic, version range, JSON {@link Hello}. */
  hello: 0x01,
  /** h: chosen version, JSON {@link Welcome}. */
  welcome: 0x02,
  /** c: token. */
  auth: 0x03,
  /** h: JSON {@link Ready}. */
  ready: 0x04,
  /** c, h: code, message; the sender closes after it. */
  error: 0x05,
  /** c, h: u32 to be echoed. */
  ping: 0x06,
  pong: 0x07,
  /** h: reason. The hub stops soon: nothing new is to be sent, what runs may finish. c: the client will not return. */
  goaway: 0x08,

  /** c: request, channel id, JSON Channel. Interns the channel for this connection. */
  declare: 0x10,
  /** c: request, consumer id, channel id, JSON {@link ConsumeSpec}. */
  consume: 0x11,
  /** c: request, acceptor id, channel id, JSON {@link AcceptSpec}. */
  accept: 0x12,
  /** c: request, channel id, JSON Command, attachment with the body of a redrive. */
  manage: 0x13,
  /** c: request, consumer or acceptor id: no more deliveries or offers; claims stay. OK comes after the last one. */
  stop: 0x14,
  /** c: consumer or acceptor id: forget it; claims that are still open go back without a failure. */
  leave: 0x15,
  /** h: request, JSON, attachments with the messages of dead letters. */
  ok: 0x16,
  /** h: request, code, message, JSON details. */
  fail: 0x17,

  /** c: channel id, sequence, delay?, priority?, message. */
  publish: 0x20,
  /** h: first sequence, count, level, offset of the first?. */
  receipts: 0x21,
  /** h: sequence, code, message, JSON details. */
  refused: 0x22,

  /** c: consumer id, messages. */
  credit: 0x30,
  /** h: consumer id, token and attempt?, offset?, message. */
  deliver: 0x31,
  /** c: consumer id, tokens that are done. */
  ack: 0x32,
  /** c: consumer id, token, outcome that is not `done`. */
  settle: 0x33,
  /** c: consumer id, tokens whose lease begins anew. */
  extend: 0x34,
  /** h: consumer id, tokens whose claim is void. */
  lost: 0x35,
  /** h: consumer id, count, range of offsets?. */
  gap: 0x36,
  /** h: consumer or acceptor id, code, empty when it ended as asked by `until`. */
  ended: 0x37,

  /** c: exchange id, channel id, timeout?, message. */
  open: 0x40,
  /** h: acceptor id, exchange id, timeout?, message. */
  offer: 0x41,
  /** c, h: exchange id, codec?, headers?, failure?, body. */
  part: 0x42,
  /** c, h: exchange id, bytes that may be sent in addition. */
  window: 0x43,
  /** c, h: exchange id, code, message. */
  close: 0x44,
  /** c, h: exchange id, bytes heard, bytes taken of each pair that goes on. */
  resume: 0x45,
} as const

export type FrameType = (typeof frameType)[keyof typeof frameType]

/** On any frame: a receiver that does not know the type skips it instead of closing. */
export const ignorable = 0x80

export const publishFlag = { delay: 0x01, priority: 0x02 } as const
export const receiptFlag = { offset: 0x01, duplicate: 0x02 } as const
export const deliverFlag = { tracked: 0x01, offset: 0x02, acquired: 0x04 } as const
export const gapFlag = { range: 0x01 } as const
/** On OPEN and OFFER. `end`: the opener says nothing more (a request); `timeout`: u32 ms follow. */
export const openFlag = { end: 0x01, timeout: 0x02 } as const
/** On RESUME: no more of the list follows. */
export const resumeFlag = { last: 0x01 } as const
export const partFlag = { end: 0x01, failure: 0x02, headers: 0x04, codec: 0x08 } as const

/** Levels of RECEIPTS by their number on the wire. */
export const receiptLevels = ['sent', 'accepted', 'durable'] as const

/** In HELLO and WELCOME: this end keeps pairs while their session can be resumed, and answers CLOSE of a pair. */
export const resumePairs = 'resume-pairs'

/** In HELLO: this end reads how often a message was handed out, where DELIVER says it. */
export const readsAcquired = 'acquired'

/** Bytes before the body of a frame: length, type, flags. */
export const headerBytes = 6
/** "BUSB", the first bytes of the body of HELLO. */
export const magic = 0x42555342
/** Versions that this package speaks. */
export const versions = { min: 1, max: 1 } as const
/** Bytes of a frame besides the payload that a hub allows above its maxMessageBytes. */
export const envelopeBytes = 128 * 1024

/** Sizes and times that both ends know without asking. */
export const protocolLimits = {
  /** Largest length field before READY; larger frames are refused from the header alone. */
  preAuthFrameBytes: 8 * 1024,
  /** No hub may announce more. */
  hardFrameBytes: 16 * 1024 * 1024,
  /** A session can be resumed so long after its connection ended, unless the hub says otherwise. */
  resumeMs: 30_000,
  /** HELLO to READY. */
  handshakeMs: 5_000,
} as const

/** Who connects. `session` asks to go on with an earlier one. */
export interface Hello {
  readonly features: readonly string[]
  readonly service: string
  readonly instance: string
  readonly session: { readonly id: string; readonly token: string } | undefined
}

/** What the hub allows on this connection. */
export interface Welcome {
  readonly features: readonly string[]
  /** Largest length field after READY. */
  readonly maxFrameBytes: number
  /** Largest payload. */
  readonly maxMessageBytes: number
  /** A client sends a PUBLISH only while fewer bytes of such frames (headers included) wait for their receipt. */
  readonly publishWindowBytes: number
  /** The same for PART frames of one exchange and direction; WINDOW gives bytes back. */
  readonly exchangeWindowBytes: number
  /** Each side sends something at least so often; silent for two of them is dead. */
  readonly heartbeatMs: number
  /** How long the hub keeps the session of a lost connection. */
  readonly resumeMs: number
  /** Differs after each start of the hub. */
  readonly epoch: string
}

/** The session after authentication; its token is a secret. */
export interface Ready {
  readonly session: { readonly id: string; readonly token: string }
  readonly resumed: boolean
  /** The last publish sequence the hub accepted in this session; 0 for a new one. */
  readonly lastSequence: number
  readonly durable: boolean
}
