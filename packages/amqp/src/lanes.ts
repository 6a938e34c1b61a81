/** Requests and pairs: what Artemis gives to the shared emulation of exchanges. */

import { randomUUID } from 'node:crypto'
import { createExchanges, type Exchanges, type Frame, type Lanes } from '@busbar/adapter'
import { BusError, type Channel, type Host, isBusError, matcher } from 'busbar/transport'
import { readFrame, timeoutOf, writeFrame } from './frames.js'
import { createInbox } from './inbox.js'
import type { Line } from './line.js'
import type { Management } from './management.js'
import { dialect } from './messages.js'
import { addressOf, inboxOf, servedPattern } from './names.js'
import type { Settings } from './options.js'
import type { Publishers } from './publishers.js'
import { Server } from './serving.js'
import type { Wire } from './wire.js'

export interface LaneParts {
  readonly host: Host
  readonly line: Line
  readonly settings: Settings
  readonly publishers: Publishers
  readonly managementOn: (wire: Wire) => Promise<Management>
}

export interface AmqpExchanges extends Exchanges {
  /** Removes what others would still send to. */
  leave(): Promise<void>
}

/** What cut this link has cut those who serve too, and they may need a moment more to be back. */
const comebackMs = 2_000
const pauseMs = 50
const never = new AbortController().signal

export function createAmqpExchanges(parts: LaneParts): AmqpExchanges {
  const { host, line, settings, managementOn } = parts
  const inbox = createInbox({
    name: inboxOf(settings, randomUUID()),
    allNames: inboxOf(settings, '#'),
    ...{ clock: host.clock, managementOn, read: readFrame },
    onFrame: (frame) => exchanges.onFrame(frame),
    onForgotten: () => exchanges.onDown({ code: 'PAIR_RESET', message: 'The broker was started anew.' }),
  })
  let backAt = Number.NEGATIVE_INFINITY
  const lanes = createLanes(parts, inbox, () => host.clock.monotonic() < backAt + comebackMs)
  const exchanges = createExchanges(host, lanes, { prefix: dialect.prefix })
  line.move({
    async onUp(wire) {
      await inbox.onUp(wire)
      backAt = host.clock.monotonic()
      exchanges.onBack()
    },
    onDown(reason) {
      inbox.onDown(reason)
      exchanges.onCut()
    },
    onLost: ({ code, message }) => exchanges.onDown({ code, message }),
  })
  return Object.assign(exchanges, { leave: () => inbox.remove() })
}

function createLanes(
  parts: LaneParts,
  inbox: ReturnType<typeof createInbox>,
  isJustBack: () => boolean,
): Lanes {
  const { host, line, settings, publishers, managementOn } = parts
  const check = ({ body }: Frame): void => {
    if (body.byteLength <= settings.maxMessageBytes) return
    const text = `A part of ${body.byteLength} bytes is above maxMessageBytes of amqp(), ${settings.maxMessageBytes}.`
    throw new BusError('TOO_LARGE', text, { outcome: 'rejected' })
  }
  /** Whether somebody serves the address; asked again when a cut comes between. */
  const isServed = async (channel: Channel, address: string, signal: AbortSignal): Promise<boolean> => {
    for (;;) {
      const wire = await line.ready('An opening', signal)
      try {
        await inbox.ensure(wire)
        const patterns = await servedPatterns(await managementOn(wire), settings, channel)
        return patterns.some((pattern) => matcher(pattern)(address))
      } catch (error) {
        if (wire.isUp) throw error
      }
    }
  }
  return {
    inbox: inbox.name,
    async send(to, frame) {
      check(frame)
      try {
        await publishers.post(undefined, { ...writeFrame(frame), to }, frame.body.byteLength, undefined)
        return undefined
      } catch (error) {
        if (isBusError(error, 'NOT_FOUND')) return 'nobody'
        // The end of this link is told by itself.
        if (isBusError(error, 'CLOSED')) return undefined
        throw error
      }
    },
    async offer(channel, address, frame, signal) {
      check(frame)
      while (!(await isServed(channel, address, signal))) {
        if (signal.aborted || !isJustBack()) return 'nobody'
        await new Promise<void>((resolve) => host.clock.after(pauseMs, resolve, { keepAlive: true }))
      }
      const subject = address.slice(channel.name.length + 1)
      const to = addressOf(settings, channel)
      const opening = { ...writeFrame(frame), ...timeoutOf(frame), to, ...(subject !== '' && { subject }) }
      // Not again after a cut: the caller of a request has been told then.
      const post = channel.kind === 'pair' ? publishers.post : publishers.postOnce
      await post(undefined, opening, frame.body.byteLength, signal)
      return 'offered'
    },
    async serve(request, onOpening) {
      const server = new Server({ host, settings, request, onOpening, managementOn })
      for (;;) {
        const wire = await line.ready('Serving', never)
        try {
          await inbox.ensure(wire)
          await checkPlace(await managementOn(wire), settings, request.channel, request.pattern)
          await server.listen(wire)
          if (line.wire !== wire) continue
          const leave = line.move(server)
          const stop = (): Promise<void> => {
            leave()
            return server.stop()
          }
          return { ended: server.ended, stop }
        } catch (error) {
          if (wire.isUp) throw error
        }
      }
    },
  }
}

/** Patterns that are served now. */
async function servedPatterns(
  management: Management,
  settings: Settings,
  channel: Channel,
): Promise<readonly string[]> {
  const filter = JSON.stringify({
    field: 'address',
    operation: 'EQUALS',
    value: addressOf(settings, channel),
  })
  const found: unknown = JSON.parse(String(await management.call('broker', 'listQueues', filter, 1, 1_000)))
  const rows: unknown = typeof found === 'object' && found !== null ? Reflect.get(found, 'data') : []
  const patterns: string[] = []
  for (const row of Array.isArray(rows) ? rows : []) {
    const pattern =
      Number(row.consumerCount) > 0 ? servedPattern(settings, channel, String(row.name)) : undefined
    if (pattern !== undefined) patterns.push(pattern)
  }
  return patterns
}

/** Of a pair each address has one place, whichever pattern it is in. */
async function checkPlace(
  management: Management,
  settings: Settings,
  channel: Channel,
  pattern: string,
): Promise<void> {
  if (channel.kind !== 'pair') return
  const patterns = await servedPatterns(management, settings, channel)
  if (!patterns.some((other) => matcher(other)(pattern) || matcher(pattern)(other))) return
  throw new BusError('PAIR_TAKEN', `"${pattern}" is served by somebody else.`, { outcome: 'rejected' })
}
