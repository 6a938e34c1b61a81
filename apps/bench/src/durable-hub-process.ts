/** A hub as a process of its own, with its store in the directory it was given, if any; tells its URL, or why it cannot. */

import { createHub, type HubOptions } from '@busbar/hub'

const dir = process.argv[2]
const options: HubOptions = {
  tcp: { port: 0 },
  ...(dir !== undefined && { store: { dir } }),
}
try {
  const hub = await createHub(options)
  process.send?.({ url: hub.tcpUrl })
  process.on('disconnect', () => void hub.close().then(() => process.exit(0)))
} catch (error) {
  process.send?.({ refused: error instanceof Error ? error.message : String(error) })
}
