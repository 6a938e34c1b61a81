/** The SDK's client as this package uses it, and the question whether the server is there. */

import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { BusError, type Host } from 'busbar/transport'
import { errorOf, troubleOf } from './errors.js'
import type { Settings } from './options.js'

/** One request to the server. */
export type Call<T> = (client: SQSClient, options: { readonly abortSignal: AbortSignal }) => Promise<T>

export function createClient({ endpoint, region, credentials }: Settings): SQSClient {
  const client = new SQSClient({
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials }),
    // Servers behind another address than their own still give queue URLs of their own.
    ...(endpoint !== undefined && { endpoint, useQueueUrlAsEndpoint: false }),
    // Tries are counted and spaced by the link, which knows what may be sent twice.
    maxAttempts: 1,
    // A second checksum below that of TCP or TLS, at a fifth of the processor's time.
    md5: false,
    // Each poll holds a socket while it waits.
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 30_000,
      httpAgent: { maxSockets: 512 },
      httpsAgent: { maxSockets: 512 },
    },
  })
  // Nobody gave it a logger, and yet it copies each request and each answer for one.
  client.middlewareStack.remove('loggerMiddleware')
  return client
}

/** Undefined when the server answers us, also when it only says that we may not list queues. */
export async function probe(
  client: SQSClient,
  settings: Settings,
  abortSignal: AbortSignal,
): Promise<unknown> {
  const prefix = settings.prefix === undefined ? {} : { QueueNamePrefix: settings.prefix }
  try {
    await client.send(new ListQueuesCommand({ ...prefix, MaxResults: 1 }), { abortSignal })
    return undefined
  } catch (error) {
    const isAllowed = errorOf(error, 'listing queues', settings.place).code !== 'PERMISSION_DENIED'
    return isAllowed ? error : undefined
  }
}

const firstWaitMs = 100
const longestWaitMs = 5_000

/** How long to wait after so many failures in a row: doubling, with full jitter. */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures, 16))
}

/** Rejects with UNREACHABLE after `connectTimeoutMs`, with AUTH_FAILED or what else the server says at once. */
export async function connectFirst(host: Host, client: SQSClient, settings: Settings): Promise<void> {
  const { clock, random } = host
  const { connectTimeoutMs, place } = settings
  const until = clock.monotonic() + connectTimeoutMs
  for (let failures = 0; ; failures++) {
    const leftMs = Math.max(1, until - clock.monotonic())
    const giveUp = new AbortController()
    const timer = clock.after(leftMs, () => giveUp.abort(), { keepAlive: true })
    const error = await probe(client, settings, giveUp.signal)
    timer.cancel()
    if (error === undefined) return
    const trouble = troubleOf(error)
    if (trouble === 'refused' || trouble === 'gone') throw errorOf(error, 'listing queues', place)
    const waitMs = backoffMs(failures, random)
    if (clock.monotonic() + waitMs >= until) throw unreachable(place, connectTimeoutMs, error)
    await new Promise<void>((resolve) => {
      clock.after(waitMs, resolve, { keepAlive: true })
    })
  }
}

function unreachable(place: string, ms: number, cause: unknown): BusError {
  const why = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : ''
  const text = `${place} did not answer within ${ms} ms${why}.`
  return new BusError('UNREACHABLE', text, { cause, outcome: 'rejected' })
}
