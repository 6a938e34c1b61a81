/** The one table of error codes: what each means and what to do. `docs/errors.md` is checked against it both ways. */

/** `rejected`: it will never appear. `unknown`: it may appear once or not at all. */
export type SendOutcome = 'rejected' | 'unknown'

interface Row {
  readonly meaning: string
  readonly fix: string
}

/** Codes are stable between major versions; messages are not. */
export const errorTable = {
  // Contracts
  SCHEMA_INVALID: {
    meaning: 'A payload does not match the schema of its topic.',
    fix: 'Correct the value at the listed paths, or widen the schema in the contract.',
  },
  SCHEMA_UNSUPPORTED: {
    meaning: 'A schema describes values that cannot travel over a wire.',
    fix: 'Use a representation that JSON has, such as z.iso.datetime(), or a z.codec with such an input.',
  },
  CONTRACT_INVALID: {
    meaning: 'A contract or one of its options is malformed.',
    fix: 'Correct the named contract, topic or option.',
  },
  CONTRACT_MISMATCH: {
    meaning: 'Two declarations of one topic differ.',
    fix: 'Rebuild the older side against the current contract package, or give the new form a new topic name.',
  },
  INVALID_TOPIC: {
    meaning: 'A topic name, path parameter or pattern breaks the naming rules.',
    fix: 'Use non-empty tokens without control characters, at most 1,024 bytes in all; wildcards only in subscriptions.',
  },
  INVALID_OPTION: {
    meaning: 'An option has an unknown name, a wrong unit or a value out of range.',
    fix: 'Correct the named option; durations are milliseconds and sizes are bytes.',
  },
  UNENCODABLE: {
    meaning: 'A value has no form on the wire that would come back equal.',
    fix: 'Send plain JSON data: no NaN, infinities, -0, BigInt, Date, functions, class instances or cycles.',
  },
  DEPTH_EXCEEDED: {
    meaning: 'A payload is nested deeper than 64 levels.',
    fix: 'Flatten the value; depth is limited so that no peer can exhaust the stack of another.',
  },
  TOO_LARGE: {
    meaning: 'A payload or its headers are larger than the topic or the transport allows.',
    fix: 'Send a reference to the data, raise maxBytes on the topic, or choose a transport with a higher limit.',
  },
  UNSUPPORTED: {
    meaning: 'The transport cannot give what the topic promises.',
    fix: 'Use one of the transports named in the message for this topic, or drop the guarantee from the contract.',
  },
  // The store
  STORE_FULL: {
    meaning: 'The disk under the store is nearly full, so nothing new is taken in; consuming goes on.',
    fix: 'Free space on that disk or consume what waits; publishing goes on by itself. The message names the mark.',
  },
  STORE_LOCKED: {
    meaning: 'Another process uses the store directory.',
    fix: 'Stop the other process, or give this one a directory of its own.',
  },
  STORE_UNUSABLE: {
    meaning:
      'The store directory cannot be used: it is missing, not writable, not a store, or of another format.',
    fix: 'Correct the path or its permissions; nothing was changed in it.',
  },
  STORE_CORRUPT: {
    meaning: 'A record in the store does not match its checksum.',
    fix: 'Restore the directory from a copy; the message names the file and the position. Nothing was changed in it.',
  },
  STORE_FAILED: {
    meaning: 'The disk reported an error, after which nothing it says can be trusted.',
    fix: 'Look at the disk, then start again: what was receipted before is there, the rest has an unknown outcome.',
  },
  // Life of a bus
  CLOSED: {
    meaning: 'The bus, subscription or transport was closed.',
    fix: 'Create a new bus. What was called afterwards sent nothing; what was under way has the outcome that the error says.',
  },
  DISCONNECTED: {
    meaning: 'The connection broke while the operation was in flight.',
    fix: 'Try again if the operation may run twice; subscriptions and workers come back by themselves.',
  },
  UNREACHABLE: {
    meaning: 'No connection to the hub or broker could be made.',
    fix: 'Check that it runs and that the URL names its host and port.',
  },
  QUEUE_FULL: {
    meaning: 'A bounded buffer or queue has no room left.',
    fix: 'Await publishes, slow down, add consumers, or raise the limit named in the message.',
  },
  TIMEOUT: {
    meaning: 'The deadline passed before an answer came.',
    fix: 'Look at the responder: it received the request and did not finish. Raise timeoutMs if it needs longer.',
  },
  CANCELLED: {
    meaning: 'The caller gave up before the operation was done.',
    fix: 'Nothing to fix if it was meant.',
  },
  // Requests and pairs
  NO_RESPONDER: {
    meaning: 'Nobody serves this request or pair now.',
    fix: 'Start the service that replies or accepts, with the same bus URL.',
  },
  REMOTE_ERROR: {
    meaning: 'The responder failed with an error that its contract does not declare.',
    fix: 'Look at the log of the responder; declare the error in the contract if callers should handle it.',
  },
  REPLY_FAILED: {
    meaning: 'The responder answered with an error that its contract declares.',
    fix: 'Handle the error by its name: isBusError(error, "REPLY_FAILED") and error.details.name.',
  },
  PAIR_TAKEN: {
    meaning: 'The other side of this pair is in use by somebody else.',
    fix: 'Wait until it is free, or dial another path.',
  },
  PEER_GONE: {
    meaning: 'The other side of an exchange went away before it was finished.',
    fix: 'Open it again when the peer is back.',
  },
  PAIR_RESET: {
    meaning:
      'The link of one side of a pair was away for longer than the hub keeps pairs, or the hub started anew.',
    fix: 'Dial again; what was sent last may not have arrived.',
  },
  // Delivery
  LEASE_LOST: {
    meaning: 'The claim on a message had ended before its outcome arrived; somebody else has or had it.',
    fix: 'Stop work when ctx.signal aborts, or raise leaseMs.',
  },
  SLOW_CONSUMER: {
    meaning: 'A consumer did not keep up and was cut off by its own policy.',
    fix: 'Raise concurrency or the buffer, or choose the drop-oldest policy.',
  },
  NOT_FOUND: {
    meaning: 'The named topic, dead letter or consumer does not exist.',
    fix: 'Check the name; list what exists first.',
  },
  // Hub and protocol
  PROTOCOL_ERROR: {
    meaning: 'A peer sent bytes that the hub protocol does not allow.',
    fix: 'Check that both ends speak the hub protocol and that nothing in between alters the bytes.',
  },
  FRAME_TOO_LARGE: {
    meaning: 'A frame announces more bytes than were agreed.',
    fix: 'Send smaller messages or raise maxFrameBytes on the hub.',
  },
  VERSION_UNSUPPORTED: {
    meaning: 'The two ends have no protocol version in common.',
    fix: 'Upgrade the older end; the message names both ranges.',
  },
  AUTH_FAILED: {
    meaning: 'The hub or broker did not accept the credentials.',
    fix: 'Check the token, or the user and password, given to the transport.',
  },
  PERMISSION_DENIED: {
    meaning: 'The principal may not do this with this topic.',
    fix: 'Use a topic outside the reserved "$" namespace, or ask for the grant.',
  },
  SERVER_FULL: {
    meaning: 'The hub has as many connections as it allows.',
    fix: 'Close idle clients or raise maxConnections.',
  },
  LIMIT_EXCEEDED: {
    meaning: 'A per-connection limit is reached; the connection stays.',
    fix: 'Use fewer of what the message names, or raise the limit on the hub.',
  },
  ADDRESS_IN_USE: {
    meaning: 'The port the hub should listen on is taken.',
    fix: 'Stop the other process or choose another port.',
  },
  INSECURE_BIND: {
    meaning: 'The hub was asked to listen beyond this machine without authentication.',
    fix: 'Give auth, bind 127.0.0.1, or set insecure: true if the network is trusted.',
  },
  UNKNOWN_SCHEME: {
    meaning: 'No transport package handles the scheme of this URL, or the package is not installed.',
    fix: 'Use memory:, tcp:// or ws://, or install the package named in the message.',
  },
  INTERNAL: {
    meaning: 'Busbar broke one of its own rules.',
    fix: 'Report it with the message; it is a defect.',
  },
} as const satisfies Record<string, Row>

/** The codes a BusError may carry. */
export type BusErrorCode = keyof typeof errorTable
