/** The directory: knows which links there are and what each takes, and tells the others. No message goes through it. */

import { randomUUID } from 'node:crypto'
import { BusError, type Clock, systemClock } from 'busbar/transport'
import { Router } from 'zeromq'
import { DirectoryTable } from './directory-table.js'
import { endpointOf, refuseInsecure } from './endpoint.js'
import { codeOf } from './failures.js'
import { type Keys, keysOf, serverSecurity } from './keys.js'

export interface DirectoryOptions {
  /** Where it is: `zmq://host:port`; port 0 for any that is free. */
  readonly url: string
  /** The same as that of the links. Default: none. */
  readonly token?: string
  /** Takes a network for trusted: no token is needed beyond this machine. Default false. */
  readonly insecure?: boolean
}

/** A directory that runs in this process. */
export interface Directory extends AsyncDisposable {
  /** With the port it has. */
  readonly url: string
  /** Links go on with what they know and wait for the next one. Idempotent. */
  close(): Promise<void>
}

/**
 * Holds the directory of links that are made with `directory: 'join'`, until it is closed. Rejects with ADDRESS_IN_USE
 * when somebody has the port, with INSECURE_BIND beyond this machine without a token.
 */
export async function createDirectory({ url, token, insecure }: DirectoryOptions): Promise<Directory> {
  const endpoint = endpointOf('url', url)
  refuseInsecure(endpoint, token !== undefined || insecure === true)
  const keys = token === undefined ? undefined : await keysOf(token)
  try {
    return await holdDirectory(endpoint, keys, systemClock)
  } catch (cause) {
    if (codeOf(cause) !== 'EADDRINUSE') throw cause
    throw new BusError('ADDRESS_IN_USE', `${url} is taken.`, { cause })
  }
}

export async function holdDirectory(
  endpoint: string,
  keys: Keys | undefined,
  clock: Clock,
): Promise<Directory> {
  const router = new Router({
    // A link that comes back after a cut is the same one.
    ...{ mandatory: true, handover: true, linger: 0, sendTimeout: 1_000, heartbeatInterval: 1_000 },
    ...{ heartbeatTimeout: 3_000, ...serverSecurity(keys) },
  })
  try {
    await router.bind(endpoint)
  } catch (error) {
    router.close()
    throw error
  }
  let sending = Promise.resolve()
  const table = new DirectoryTable(randomUUID(), clock, (link, message) => {
    const data = JSON.stringify(message)
    sending = sending
      .then(() => (router.closed ? undefined : router.send([link, data])))
      .catch(() => table.away(link))
  })
  const taking = (async () => {
    for await (const [link, data] of router) {
      if (link !== undefined && data !== undefined) table.take(link.toString(), data)
    }
  })()
  const close = async (): Promise<void> => {
    table.stop()
    await sending
    router.close()
    await taking
  }
  const { lastEndpoint } = router
  return {
    url: (lastEndpoint ?? endpoint).replace(/^tcp:/, 'zmq:'),
    close,
    [Symbol.asyncDispose]: close,
  }
}
