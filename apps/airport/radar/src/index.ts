/** Appends plane positions to a stream and plays them back. */
export {}
