/** The wire from process to process over ZeroMQ. */

import { randomUUID } from 'node:crypto'
import { createExchanges, type Exchanges } from '@busbar/adapter'
import { BusError, type Connect, type Host, type Transport } from 'busbar/transport'
import { createFeed } from './feed.js'
import { createKeeper } from './keeper.js'
import { keysOf } from './keys.js'
import { createLanes, type ZeromqLanes } from './lanes.js'
import { Link } from './link.js'
import { Membership } from './membership.js'
import { type Settings, settingsOf, type ZeromqOptions } from './options.js'
import { createTransport } from './transport.js'

/** Both sides of an exchange say so often that they are there, in ms. */
const heartbeatMs = 1_000

/**
 * The wire over ZeroMQ, for `createBus({ transport: zeromq({ url }) })`: plain events, requests and pairs, at most once.
 * Connecting rejects with UNREACHABLE when there is no directory within `connectTimeoutMs` (default 5,000), with
 * AUTH_FAILED when its token is another. INVALID_OPTION and INSECURE_BIND are thrown at once.
 */
export function zeromq(options: ZeromqOptions): Connect {
  const settings = settingsOf(options)
  return (host) => openTransport(host, settings)
}

async function openTransport(host: Host, settings: Settings): Promise<Transport> {
  const { url, token, directory } = settings
  const keys = token === undefined ? undefined : await keysOf(token)
  const keeper = directory === 'join' ? undefined : createKeeper(url, keys, host.clock)
  // Whoever knows the name can speak to the link, so it must not be guessed; `host.random` is not made for secrets.
  const link = new Link(host, settings, keys, randomUUID())
  const closers: (() => Promise<void>)[] = [() => link.close()]
  try {
    const address = await bind(link, settings)
    await keeper?.attempt()
    if (keeper !== undefined) closers.push(() => keeper.close())
    const parts: { exchanges?: Exchanges; lanes?: ZeromqLanes } = {}
    let hasJoined = false
    const membership = new Membership(host, { link: link.name, address, url, keys }, link.table, {
      onCut() {
        parts.exchanges?.onCut()
        host.onState('reconnecting', `the directory at ${url} is away`)
      },
      onAway: () => void keeper?.attempt(),
      onBack() {
        parts.exchanges?.onBack()
        if (hasJoined) host.onState('connected')
      },
      onTaken: (numbers) => parts.lanes?.taken(numbers),
    })
    closers.unshift(() => membership.close())
    await withinTime(host, settings, membership)
    hasJoined = true
    const lanes = createLanes(link, membership)
    const exchanges = createExchanges(host, lanes, { heartbeatMs })
    Object.assign(parts, { exchanges, lanes })
    link.onFrame = (frame) => exchanges.onFrame(frame)
    const feed = await createFeed(
      host,
      settings,
      (request) => void link.publish(request)?.catch(() => undefined),
    )
    return createTransport({ link, membership, exchanges, feed, keeper })
  } catch (error) {
    for (const close of closers) await close()
    throw error
  }
}

async function bind(link: Link, { listen }: Settings): Promise<string> {
  try {
    return await link.bind()
  } catch (cause) {
    throw new BusError('ADDRESS_IN_USE', `A link cannot listen at ${listen}: ${String(cause)}.`, { cause })
  }
}

async function withinTime(host: Host, settings: Settings, membership: Membership): Promise<void> {
  const { url, connectTimeoutMs } = settings
  let stop: () => void = () => undefined
  const late = new Promise<never>((_, reject) => {
    const timer = host.clock.after(
      connectTimeoutMs,
      () => {
        reject(
          membership.hasConnected
            ? new BusError(
                'AUTH_FAILED',
                `The directory at ${url} has another token than this link, or none.`,
              )
            : new BusError('UNREACHABLE', `No directory answers at ${url} within ${connectTimeoutMs} ms.`),
        )
      },
      { keepAlive: true },
    )
    stop = () => timer.cancel()
  })
  try {
    await Promise.race([membership.join(), late])
  } finally {
    stop()
  }
}
