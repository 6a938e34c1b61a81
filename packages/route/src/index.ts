/** Several wires behind one bus. */

export type { GroupReport } from './comparison.js'
export { type Migration, type MigrationReport, migrate } from './migrate.js'
export type { MigrateOptions } from './migrate-options.js'
export { route } from './route.js'
export type { Routes } from './route-table.js'
