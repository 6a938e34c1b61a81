/** The page of the airport: a bus client in the browser. */
export {}
