/** A store in files for the engine of Busbar: what was reported as on disk survives every crash. */

export type { Disk, FileId, OpenMode, PathFacts } from './disk.js'
export { type FileInbox, type FileInboxOptions, fileInbox } from './inbox/file-inbox.js'
export type { FileTransaction } from './inbox/file-transaction.js'
export type { Json } from './inbox/json-text.js'
export type { Log, LogFields, LogLevel } from './log.js'
export { nodeDisk } from './node-disk.js'
export { type FileStore, fileStore, openStore, type StoreOptions } from './open-store.js'
