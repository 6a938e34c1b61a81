/** connect(url): the one line in which a launcher chooses its wire. */

import { memory } from 'busbar'
import { BusError, type Connect } from 'busbar/transport'
import { type Scheme, schemes } from './schemes.js'

export interface ConnectOptions {
  /** Proves who connects. Give it here, never in the URL, which ends up in logs. */
  readonly token?: string
}

/**
 * Gives the transport that a URL names: `memory:`, `tcp://host:4600`, `ws://host:4601`, or that of an adapter package.
 * UNKNOWN_SCHEME when no package serves the scheme or the package is not installed; INVALID_OPTION for a malformed
 * URL. Both are known only when the bus connects, because packages are loaded on demand.
 *
 * Each `memory:` URL is a bus of its own: services that shall meet in one process share one `memory()`.
 */
export function connect(url: string, options: ConnectOptions = {}): Connect {
  const scheme = schemeOf(url)
  if (scheme === 'memory') {
    if (url !== 'memory:') {
      throw new BusError(
        'INVALID_OPTION',
        `A memory bus has no name; share the value of connect('memory:') among the services that shall meet.`,
      )
    }
    return memory()
  }
  const served = schemes.get(scheme)
  if (served === undefined) throw unknown(scheme)
  checkUrl(url, scheme)
  return async (host) => {
    const make = await load(served, scheme)
    return make({ url, ...(options.token !== undefined && { token: options.token }) })(host)
  }
}

function schemeOf(url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(typeof url === 'string' ? url : '')?.[1]
  if (scheme === undefined) {
    throw new BusError(
      'INVALID_OPTION',
      'connect() takes a URL such as memory:, tcp://127.0.0.1:4600 or ws://127.0.0.1:4601.',
    )
  }
  return scheme.toLowerCase()
}

/** The messages quote the scheme only: the rest may hold what nobody should read. */
function checkUrl(url: string, scheme: string): void {
  const hasHost = /^[^:]+:\/\/[^/?#]/.test(url)
  if (!hasHost || !URL.canParse(url)) {
    throw new BusError(
      'INVALID_OPTION',
      `connect() cannot read this ${scheme}: URL, which must look like ${scheme}://host:port.`,
    )
  }
}

function unknown(scheme: string): BusError {
  const served = [...schemes].map(([name, { package: from }]) => `${name} (${from})`).join(', ')
  return new BusError('UNKNOWN_SCHEME', `No package serves ${scheme}: URLs; there are memory, ${served}.`)
}

async function load(served: Scheme, scheme: string): Promise<Awaited<ReturnType<Scheme['load']>>> {
  try {
    return await served.load()
  } catch (cause) {
    throw new BusError(
      'UNKNOWN_SCHEME',
      `${scheme}: URLs need the package ${served.package}, which could not be loaded; run: npm install ${served.package}.`,
      { cause, details: { scheme, package: served.package } },
    )
  }
}
