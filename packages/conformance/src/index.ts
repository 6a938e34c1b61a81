/** The cases that every Busbar transport must pass, as data. */
export {}
