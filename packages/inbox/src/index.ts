/** Makes a handler effectively once: its effects and a mark for the message in one transaction. */

export { type MemoryInbox, type MemoryInboxOptions, memoryInbox } from './memory-inbox.js'
export { type OnceFacts, type OnceOptions, once } from './once.js'
export type { InboxStore } from './store.js'
