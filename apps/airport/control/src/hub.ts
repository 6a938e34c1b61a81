/** The hub of a split airport as a program of its own: `node hub.js HUB-OPTIONS-AS-JSON`; tells its parent its URLs. */

import { createHub, type HubOptions } from '@busbar/hub'

/** What this program tells its parent, once. */
export type HubNews =
  | { readonly tcpUrl: string; readonly websocketUrl: string }
  | { readonly code: unknown; readonly refusal: string }

const tell = (news: HubNews): Promise<void> => new Promise((resolve) => process.send?.(news, () => resolve()))

// createHub checks by name and value whatever it is given.
const { tcp = {}, websocket = {}, ...rest } = JSON.parse(process.argv[2] ?? '{}') as HubOptions

const hub = await createHub({ ...rest, tcp, websocket }).catch(async (error: Error & { code?: unknown }) => {
  await tell({ code: error.code, refusal: error.message })
  process.exit(1)
})
void hub.failed.then((error) => {
  process.stderr.write(`hub       ${error.message}\n`)
  process.exit(74)
})

const end = (): void => {
  hub.close().then(
    () => process.exit(0),
    () => process.exit(1),
  )
}
process.once('SIGTERM', end)
// The terminal sends Ctrl-C to all processes; the launcher decides when each one ends.
process.on('SIGINT', () => undefined)
// A launcher that is gone must not leave a hub behind.
process.once('disconnect', end)
await tell({ tcpUrl: hub.tcpUrl, websocketUrl: hub.websocketUrl })
