/** Creates tables so that it can be done again, by many at once, inside or outside of a transaction. */

import type { Queryable } from './queryable.js'

/** Of the lock that those who create tables take turns by. */
const turn = 4_279_001

/** `IF NOT EXISTS` alone fails when two do it at the same time. One query without values is one transaction. */
export async function createTables(client: Queryable, statements: readonly string[]): Promise<void> {
  await client.query([`SELECT pg_advisory_xact_lock(${turn})`, ...statements].join(';\n'))
}
