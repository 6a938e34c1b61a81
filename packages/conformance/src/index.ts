/** The cases that every Busbar transport must pass, as data, and what runs them and reports on them. */

export type { Case, Chapter } from './case.js'
export { chapters } from './chapters.js'
export type { Ability, Harness, KnownFailure, World } from './harness.js'
export { betweenMarkers, featuresMatrix, kindsMatrix } from './matrix.js'
export { type FeatureReport, type Report, reportOf, type Tally } from './report.js'
export { cases, type Result, type Run, type RunOptions, runCase, runConformance } from './run.js'
export type { Scene } from './scene.js'
export {
  type ChannelOptions,
  decode,
  encode,
  type MessageOptions,
  makeChannel,
  makeMessage,
} from './seam/channels.js'
