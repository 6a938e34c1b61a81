/** Planes and their bags: the traffic of the airport. */
export {}
