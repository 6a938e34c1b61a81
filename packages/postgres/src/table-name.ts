/** Names of tables, checked so that they can stand in SQL. */

import { BusError } from 'busbar/transport'

const nameForm = /^([a-z_][a-z0-9_]{0,48}\.)?[a-z_][a-z0-9_]{0,48}$/

/** A table's name, ready for SQL. */
export interface TableName {
  /** Quoted, with its schema if one was given. */
  readonly sql: string
  /** Without its schema: the start of the names of its indexes. */
  readonly base: string
}

/** INVALID_OPTION for anything but `table` or `schema.table` in lower-case letters, digits and `_`. */
export function tableName(given: string): TableName {
  if (typeof given !== 'string' || !nameForm.test(given)) {
    throw new BusError(
      'INVALID_OPTION',
      'A table is named "table" or "schema.table", each of 1 to 49 lower-case letters, digits and "_".',
      { details: { option: 'table' } },
    )
  }
  const parts = given.split('.')
  return { sql: parts.map((part) => `"${part}"`).join('.'), base: parts.at(-1) ?? given }
}

/** INVALID_OPTION for anything but a whole number of at least 1. */
export function requireWhole(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return
  throw new BusError(
    'INVALID_OPTION',
    `${option} is ${String(value)}, it must be a whole number of at least 1.`,
    {
      details: { option },
    },
  )
}
