/** The Busbar hub: the engine behind TCP and WebSocket listeners. */
export {}
