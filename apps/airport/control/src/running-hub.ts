/** The hub as the launcher sees it, wherever it runs; and where it listens. */

import type { HubOptions } from '@busbar/hub'
import type { Connect } from 'busbar'

/** A hub that has a process of its own. */
export interface Plug {
  /** Undefined while it is down. */
  readonly pid: number | undefined
  /** Kills the process at once; resolves when its successor takes connections. */
  pull(): Promise<void>
}

export interface RunningHub {
  readonly tcpUrl: string
  readonly websocketUrl: string
  /** For buses of the launcher itself. */
  readonly transport: Connect
  /** Undefined for a hub in the launcher's own process, which cannot be killed alone. */
  readonly plug: Plug | undefined
  /** Resolves when the hub is gone for good. */
  readonly failed: Promise<Error>
  close(): Promise<void>
}

const host = '127.0.0.1'

/** Options of a hub for one page: on the given ports, with its data in `dir`. */
export const hubOptions = (ports: readonly [tcp: number, ws: number], pageUrl: string, dir: string) =>
  ({
    tcp: { host, port: ports[0] },
    websocket: {
      host,
      port: ports[1],
      allowedOrigins: [pageUrl, pageUrl.replace(host, 'localhost')],
    },
    store: { dir },
  }) satisfies HubOptions

/** Opens on the usual ports, or on free ones when those are taken or nobody needs to know them. */
export async function onPorts<T>(
  headless: boolean,
  open: (ports: readonly [number, number]) => Promise<T>,
): Promise<T> {
  if (headless) return open([0, 0])
  return open([4600, 4601]).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ADDRESS_IN_USE') return open([0, 0])
    throw error
  })
}
