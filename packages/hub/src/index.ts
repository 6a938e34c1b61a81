/** The Busbar hub: the engine behind TCP and WebSocket listeners. */

export { type Auth, type Authenticate, staticTokens, type Token } from './auth.js'
export { createHub, type Hub, type HubOf, type HubState, type StoreState } from './hub.js'
export { defaultLimits, type Limits } from './limits.js'
export type { Log, LogFields, LogLevel } from './log.js'
export type { HubOptions, HubStoreOptions, TcpOptions, WebsocketOptions } from './options.js'
