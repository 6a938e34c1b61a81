/** Chooses the Busbar wire from a URL and loads its package on demand. */
export {}
