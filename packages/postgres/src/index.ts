/** Inbox and transactional outbox on PostgreSQL. */

export {
  type AddOptions,
  type OutboxOptions,
  type OutboxState,
  type PostgresOutbox,
  postgresOutbox,
  type RefusedMessage,
} from './outbox.js'
export { type PostgresInbox, type PostgresInboxOptions, postgresInbox } from './postgres-inbox.js'
export { type Relay, type RelayOptions, type RelayTrouble, relayOutbox } from './relay.js'
