/** Launches the airport: in one process, or one process for each service. */
export {}
