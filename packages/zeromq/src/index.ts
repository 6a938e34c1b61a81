/** Busbar on ZeroMQ: from process to process, with a small directory of who listens where. */

export { createDirectory, type Directory, type DirectoryOptions } from './directory.js'
export type { ZeromqOptions } from './options.js'
export { zeromq } from './zeromq.js'
