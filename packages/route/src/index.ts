/** Several wires behind one bus. */

export type { GroupReport } from './comparison.js'
export { type MigrateOptions, type Migration, type MigrationReport, migrate } from './migrate.js'
export { route } from './route.js'
export type { Routes } from './route-table.js'
