/** Answers who may park where. */
export {}
