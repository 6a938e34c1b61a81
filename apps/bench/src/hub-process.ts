/** A hub as a process of its own; tells its URLs to whoever started it, and what it has used whenever asked. */

import { createHub } from '@busbar/hub'
import { cpuUs } from './cpu.js'

const hub = await createHub({ tcp: { port: 0 }, websocket: { port: 0 } })
process.send?.({ tcpUrl: hub.tcpUrl, websocketUrl: hub.websocketUrl })
process.on('message', () => process.send?.({ rssBytes: process.memoryUsage().rss, cpuUs: cpuUs() }))
process.on('disconnect', () => process.exit(0))
