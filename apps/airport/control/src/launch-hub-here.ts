/** Runs the hub inside the launcher's own process: everybody talks through its memory, only the page by WebSocket. */

import { createHub } from '@busbar/hub'
import { hubOptions, onPorts, type RunningHub } from './running-hub.js'

export async function launchHubHere(pageUrl: string, dir: string, headless: boolean): Promise<RunningHub> {
  const hub = await onPorts(headless, (ports) => createHub(hubOptions(ports, pageUrl, dir)))
  const { tcpUrl, websocketUrl, memory: transport, failed } = hub
  return { tcpUrl, websocketUrl, transport, plug: undefined, failed, close: () => hub.close() }
}
