/** What tests of a store import: a disk that crashes. */

export { CrashDisk, type DiskOperation } from './crash-disk.js'
