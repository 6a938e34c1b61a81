/** Moves bags with several workers, retries and a Lost & Found desk. */
export {}
