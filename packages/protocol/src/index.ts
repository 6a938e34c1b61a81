/** The frames, codec and client session of the Busbar hub protocol; pure and browser-safe. */
export {}
