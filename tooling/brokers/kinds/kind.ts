/** What the launcher must know about one kind of server. */

/** Where a server runs, as the server itself sees it: inside a container the folder and the address differ. */
export interface Place {
  readonly dir: string
  readonly host: string
  /** The first is the one that clients use. */
  readonly port: number
  /** Further ports, as many as `extraPorts`. */
  readonly extra: readonly number[]
}

export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Container {
  readonly image: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Further arguments of `docker run`. */
  readonly options?: readonly string[]
}

export interface Kind {
  /** Ports beside the one that clients use. Default 0. */
  readonly extraPorts?: number
  /** The line of the log that says that clients may come. */
  readonly ready: RegExp
  /** Milliseconds that a start may take. */
  readonly patience: number
  readonly url: (address: string) => string
  /** Files to write into the folder; `config` is what the caller adds to the server's own configuration. */
  readonly files: (place: Place, config: string) => Readonly<Record<string, string>>
  /** Why the server cannot be started from programs of this machine, or undefined. */
  readonly missing: () => string | undefined
  /** How to start it from programs of this machine. */
  readonly local: (place: Place) => Launch | Promise<Launch>
  /** How to start it in a container, where the folder is mounted as `/data`; absent when an npm package serves everywhere. */
  readonly container?: (place: Place) => Container
}
