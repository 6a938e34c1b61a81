/** Connects a Busbar service or a browser page to a hub over WebSocket. */
export {}
