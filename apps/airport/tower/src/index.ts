/** Lands planes and asks for gates. */
export {}
