/** One typed message bus with many wires: contracts, the bus, the engine and the memory wire. */
export {}
