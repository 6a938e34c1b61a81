/** One accepted connection as the hub sees it: bytes both ways, whatever socket carries them. */

/** What a listener gives to whoever serves the connection. */
export interface Link {
  readonly wire: 'tcp' | 'websocket'
  /** Address of the peer, for penalties and logs. */
  readonly remote: string
  /** Hands chunks to the socket, which must not change any more; `taken` is called once the system has them. Never throws. */
  write(chunks: readonly Uint8Array[], taken: () => void): void
  /** Stops reading, so that the peer is slowed down by its own socket. */
  pause(): void
  resume(): void
  /** Sends what was written, then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

/** What a listener tells it. */
export interface LinkServer {
  /** The receiver owns the bytes. */
  data(bytes: Uint8Array): void
  /** Called once; nothing follows. */
  gone(): void
  /** The peer broke the rules of the wire below the protocol. */
  broken(what: string): void
}

/** Takes a new connection in. */
export type Admit = (link: Link) => LinkServer

/** A port that is open. */
export interface Listener {
  readonly url: string
  /** Takes no more connections; those that exist live on. */
  stop(): void
  /** Resolves when the port is free and every socket is gone; destroys the sockets that are left. */
  close(): Promise<void>
}
