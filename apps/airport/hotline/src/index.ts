/** An exclusive line between the tower and one ground vehicle. */
export {}
