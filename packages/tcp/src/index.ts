/** Connects a Busbar service to a hub over TCP. */
export {}
