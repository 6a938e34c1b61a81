/** One history format and one checker for every harness, and the workload that fills a history. */

export { check } from './checker/check.js'
export {
  type Figures,
  type Finding,
  type Part,
  type Report,
  type Rule,
  rules,
  textOf,
} from './checker/report.js'
export type { Happening, HistoryEvent } from './history/event.js'
export {
  type FileHistory,
  fileHistory,
  type History,
  type MemoryHistory,
  memoryHistory,
  readHistory,
} from './history/history.js'
export { hashOf, Payload, payloadOf } from './workload/payload.js'
export { runWorkload, type WorkloadOptions } from './workload/run-workload.js'
export { type TopicsOptions, topicEvent, type WorkloadTopics, workloadTopics } from './workload/topics.js'
