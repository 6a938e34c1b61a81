/** Takes messages of a durable consumer: hands them over, tells the server how each ended. */

import { attemptHeader, createPump, foreignId } from '@busbar/adapter'
import {
  BusError,
  type BusErrorCode,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  type Host,
  isBusError,
  matcher,
  type Outcome,
} from 'busbar/transport'
import { createClaims } from './claims.js'
import { type Handed, nak, wordOf } from './handed.js'
import { HeaderReader } from './header-block.js'
import { addressHeader, consumerHeader, type Letters } from './letters.js'
import type { Link } from './link.js'
import { toMessage } from './message.js'
import type { Names } from './names.js'
import { createPuller } from './puller.js'
import type { HeaderRecord } from './wire-headers.js'

export interface WorkerOptions {
  readonly link: Link
  readonly host: Host
  readonly names: Names
  readonly letters: Letters
  /** At the server. */
  readonly consumer: string
  readonly closeTimeoutMs: number
  /** Brings the consumer back when it is gone; rejects when it may not. */
  restore(): Promise<void>
}

export interface Worker extends Consumer {
  /** Ends without waiting: what is held goes back. */
  abandon(): void
}

/** Reasons that may be gone the next time. */
const passing: ReadonlySet<BusErrorCode> = new Set<BusErrorCode>([
  'DISCONNECTED',
  'TIMEOUT',
  'STORE_FAILED',
  'CLOSED',
])
/** A record of a stream cannot be put elsewhere to be counted anew, so some handing out to nobody is forgiven. */
const streamSlack = 2

export function createWorker(request: ConsumeRequest, deliver: Deliver, options: WorkerOptions): Worker {
  const { channel, group, concurrency } = request
  const { link, host, names, letters, consumer } = options
  const { attempts: most } = channel.guarantees.retry
  const { ttlMs } = channel.guarantees
  const stream = names.stream(channel)
  const isStream = channel.kind === 'stream'
  const claims = createClaims(link, host.clock, channel.guarantees.leaseMs)
  const matches = matcher(request.pattern)
  const reader = new HeaderReader()
  const again = names.again(channel)
  let end: (code: BusErrorCode | undefined) => void = () => {}
  const ended = new Promise<BusErrorCode | undefined>((resolve) => {
    end = resolve
  })
  let closing: Promise<void> | undefined

  const pump = createPump({ concurrency, deliver, onError: () => undefined, onRoom: () => puller.look() })

  const isForOthers = (message: Handed, headers: HeaderRecord, address: string): boolean =>
    message.msg.subject === again ? headers[consumerHeader] !== consumer : !matches(address)

  const onMessage = (message: Handed): void => {
    const { msg, sequence, deliveries } = message
    const headers = reader.of(msg)
    const isAgain = msg.subject === again
    const parsed = toMessage(channel, {
      headers,
      data: msg.data,
      address: () => (isAgain ? (headers[addressHeader] ?? channel.name) : names.address(msg.subject)),
      makeId: () => foreignId(`nats/${stream}/${sequence}`),
      time: () => message.storedAt,
    })
    const isExpired = ttlMs !== undefined && host.clock.now() > message.storedAt + ttlMs
    if (isExpired || isForOthers(message, headers, parsed.address)) {
      claims.say(message, wordOf('done'))?.catch(() => undefined)
      return
    }
    const before = Number(headers[attemptHeader] ?? 0) || 0
    const attempt = deliveries + before
    if (attempt > most + (isStream ? streamSlack : 0)) {
      void exhausted(message, attempt - 1)
      return
    }
    let lose: () => void = () => {}
    claims.hold(message, () => lose())
    lose = pump.take({
      message: parsed,
      attempt,
      acquired: attempt,
      ...(isStream && { offset: sequence - 1 }),
      settle: (outcome) =>
        settle(message, outcome, attempt)?.catch((error: unknown) => {
          // A letter that found no room, or a link that ended: kept in hand it would never come again.
          claims.drop(message)
          throw error
        }),
    })
  }
  const placeOf = ({ sequence }: Handed): string => `${consumer}-${sequence}`

  function settle(message: Handed, outcome: Outcome, attempt: number): Promise<void> | undefined {
    switch (outcome.kind) {
      case 'done':
      case 'drop':
        if (attempt > 1) letters.forget(placeOf(message))
        return claims.say(message, wordOf('done'))
      case 'retry':
        return retry(message, outcome, attempt)
      case 'reject':
        return bury(message, outcome, attempt)
    }
  }
  function retry(
    message: Handed,
    outcome: Outcome & { kind: 'retry' },
    attempt: number,
  ): Promise<void> | undefined {
    const { afterMs, failure } = outcome
    if (failure === undefined || attempt > 1) return claims.say(message, nak(afterMs))
    return letters.note(placeOf(message), failure).then(() => claims.say(message, nak(afterMs)))
  }
  async function bury(
    message: Handed,
    outcome: Outcome & { kind: 'reject' },
    attempt: number,
  ): Promise<void> {
    const { reason, failure } = outcome
    const first = attempt > 1 ? await letters.firstFailure(placeOf(message)) : undefined
    await letters.bury(
      message,
      {
        reason,
        group,
        attempts: attempt,
        acquired: attempt,
        firstFailure: first ?? failure,
        lastFailure: failure,
        diedAt: host.clock.now(),
      },
      consumer,
    )
    if (attempt > 1) letters.forget(placeOf(message))
    await claims.say(message, wordOf('term'))
  }
  /** Its last worker was lost with it. */
  async function exhausted(message: Handed, attempts: number): Promise<void> {
    try {
      const first = await letters.firstFailure(placeOf(message))
      const facts = { reason: 'attempts' as const, group, attempts, acquired: attempts }
      const died = { firstFailure: first, lastFailure: undefined, diedAt: host.clock.now() }
      await letters.bury(message, { ...facts, ...died }, consumer)
      await claims.say(message, wordOf('term'))
    } catch {
      // It comes again when its lease ends.
    }
  }

  const puller = createPuller(link, host.clock, {
    stream,
    consumer,
    batch: Math.ceil(concurrency / 4),
    room: () => pump.room,
    onMessage,
    onGone() {
      options.restore().then(
        () => puller.look(),
        (error: unknown) => {
          const code = isBusError(error) ? error.code : 'NOT_FOUND'
          // What passes is tried again when the next question stays without an answer.
          if (closing === undefined && !passing.has(code)) end(code)
        },
      )
    },
  })

  const close = async (): Promise<void> => {
    await puller.stop()
    await pump.idle()
    try {
      await claims.settled(options.closeTimeoutMs)
    } catch (cause) {
      throw new BusError('DISCONNECTED', `NATS has not confirmed what was settled on "${channel.name}".`, {
        outcome: 'unknown',
        cause,
      })
    } finally {
      end(undefined)
    }
  }
  return {
    ended,
    close() {
      closing ??= close()
      return closing
    },
    abandon() {
      closing ??= Promise.resolve()
      void puller.stop()
      claims.giveUp()
      pump.loseAll()
      end('CLOSED')
    },
  }
}
