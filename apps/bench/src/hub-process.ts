/** A hub as a process of its own; tells its URLs to whoever started it. */

import { createHub } from '@busbar/hub'

const hub = await createHub({ tcp: { port: 0 }, websocket: { port: 0 } })
process.send?.({ tcpUrl: hub.tcpUrl, websocketUrl: hub.websocketUrl })
process.on('message', () => {
  process.send?.({ rssBytes: process.memoryUsage().rss, privateBytes: process.memoryUsage().heapTotal })
})
process.on('disconnect', () => process.exit(0))
