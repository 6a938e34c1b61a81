/** What the store asks of a file system, so that a simulated one can crash in its place. */

/** An open file or directory. */
export type FileId = number

/** `write`: an existing file; `create`: a new one, EEXIST otherwise; `either`: both, and nothing is cut off. */
export type OpenMode = 'read' | 'write' | 'create' | 'either'

/** What stands at a path. */
export interface PathFacts {
  readonly kind: 'file' | 'directory' | 'other'
  readonly bytes: number
  /** The permission bits. */
  readonly mode: number
}

/**
 * A file system. Failures are errors with a `code` such as ENOSPC. Only what was synced survives a crash: the content
 * of a file by syncing the file, its name by syncing the directory.
 */
export interface Disk {
  /** Undefined when nothing stands there. */
  facts(path: string): PathFacts | undefined
  /** The names in a directory. */
  list(dir: string): readonly string[]
  makeDir(dir: string): void
  open(path: string, mode: OpenMode): FileId
  /** Only for `sync` and `datasync`. */
  openDir(dir: string): FileId
  close(file: FileId): void
  size(file: FileId): number
  /** Reads into `into[start..start + length)`; fewer bytes than asked for only at the end of the file. */
  read(file: FileId, into: Uint8Array, start: number, length: number, position: number): number
  /** Gives how many bytes were taken, which may be fewer. */
  write(file: FileId, from: Uint8Array, start: number, length: number, position: number): number
  truncate(file: FileId, bytes: number): void
  sync(file: FileId): void
  /** Resolves when everything written before the call, and what it needs to be read, is on disk. */
  datasync(file: FileId): Promise<void>
  unlink(path: string): void
  /** Replaces what stands at `to`. */
  rename(from: string, to: string): void
  /** Locks the file until it is closed or the process ends; false when somebody else has. */
  lock(file: FileId): boolean
  /** Bytes that this process may still fill on the file system of `dir`. */
  freeBytes(dir: string): number
}

/** The `code` of an error of the system, if it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** True for the errors that mean: no room, and nothing is broken. */
export function isNoSpace(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** True for the errors that mean: too many open files, in this process or in all. */
export function isNoDescriptor(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'EMFILE' || code === 'ENFILE'
}
