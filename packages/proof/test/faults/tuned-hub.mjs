/** A durable hub with settings that the program has no flags for: shorter heartbeats, smaller files, another host. */

import { createHub } from '@busbar/hub'

const { port, host = '127.0.0.1', dir, segmentBytes, limits } = JSON.parse(process.argv[2] ?? '')
const hub = await createHub({
  tcp: { host, port },
  insecure: true,
  store: { dir, ...(segmentBytes !== undefined && { segmentBytes }) },
  ...(limits !== undefined && { limits }),
  log: (level, event, fields) => console.error(JSON.stringify({ level, event, ...fields })),
})
void hub.failed.then((error) => {
  console.error(error.message)
  process.exit(74)
})
process.once('SIGTERM', () => void hub.close().then(() => process.exit(0)))
console.log(`ready ${hub.tcpUrl}`)
