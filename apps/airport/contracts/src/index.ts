/** The messages that the services of the airport share. */
export {}
