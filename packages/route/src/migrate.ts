/** migrate(): the move from one wire to another while services run, with a rehearsal before it. */

import {
  type Clock,
  type Connect,
  type Consumer,
  type Host,
  type PublishRequest,
  type Receipt,
  requireChannel,
  type Transport,
} from 'busbar/transport'
import { consumeBoth, shadowHeader } from './both-sides.js'
import { type Comparison, createComparison, type GroupReport } from './comparison.js'
import { type MigrateOptions, settingsOf } from './migrate-options.js'
import { createStateBoard } from './union.js'

export interface MigrationReport {
  /** Shadows that `to` has receipted, and those that it has refused; neither is told to publishers. */
  readonly shadowsSent: number
  readonly shadowsFailed: number
  /** Why the newest of them failed. */
  readonly lastFailure: string | undefined
  readonly groups: readonly GroupReport[]
}

export interface Migration {
  /** The wire for `createBus`. */
  readonly connect: Connect
  /** What this process saw so far. */
  report(): MigrationReport
}

interface Rehearsal {
  sent: number
  failed: number
  lastFailure: string | undefined
}

/**
 * Gives a wire that reads from two and writes to one of them. Every message has one real copy, so that services in
 * different steps of the move can run side by side: whichever wire it is on, it is handled, and shadows never are.
 * Guarantees are checked against both wires: UNSUPPORTED names the one that lacks something. INVALID_OPTION for an
 * option that is wrong.
 */
export function migrate(options: MigrateOptions): Migration {
  const { from, to, write, shadow, window } = settingsOf(options)
  const rehearsal: Rehearsal = { sent: 0, failed: 0, lastFailure: undefined }
  const comparisons: Comparison[] = []
  return {
    async connect(host) {
      const wires = await openBoth(from, to, host)
      const comparison = createComparison(host.clock satisfies Clock, window)
      comparisons.push(comparison)
      const [old, young] = wires
      const copies = shadow && write === 'from' ? young : undefined
      return createMover(write === 'from' ? old : young, wires, copies, comparison, rehearsal)
    },
    report: () => ({
      shadowsSent: rehearsal.sent,
      shadowsFailed: rehearsal.failed,
      lastFailure: rehearsal.lastFailure,
      groups: comparisons.flatMap((comparison) => comparison.reports()),
    }),
  }
}

async function openBoth(from: Connect, to: Connect, host: Host): Promise<readonly [Transport, Transport]> {
  const board = createStateBoard((state, reason) => host.onState(state, reason))
  const open = (connect: Connect, index: number, name: string): Promise<Transport> =>
    connect({ ...host, onState: (state, reason) => board.move(index, name, state, reason) })
  const old = await open(from, 0, 'from')
  try {
    return [old, await open(to, 1, 'to')]
  } catch (error) {
    await old.close(AbortSignal.abort())
    throw error
  }
}

function createMover(
  main: Transport,
  wires: readonly [Transport, Transport],
  copies: Transport | undefined,
  comparison: Comparison,
  rehearsal: Rehearsal,
): Transport {
  const { capabilities } = main

  function copy(to: Transport, request: PublishRequest, signal: AbortSignal): void {
    const { message } = request
    const headers = { ...message.headers, [shadowHeader]: '1' }
    message.body.retain()
    const failed = (error: unknown): void => {
      rehearsal.failed += 1
      rehearsal.lastFailure = error instanceof Error ? error.message : String(error)
    }
    try {
      const sent = to.publish({ ...request, message: { ...message, headers } }, signal)
      const count = (): void => {
        rehearsal.sent += 1
      }
      if (sent instanceof Promise) sent.then(count, failed)
      else count()
    } catch (error) {
      failed(error)
    }
  }

  return {
    name: `migrate(${wires.map(({ name }) => name).join(' to ')})`,
    capabilities,
    async declare(channel, signal) {
      for (const wire of wires) requireChannel(channel, wire)
      await Promise.all(wires.map((wire) => wire.declare(channel, signal)))
    },
    publish(request, signal) {
      const receipt = main.publish(request, signal)
      if (copies === undefined) return receipt
      const to = copies
      if (!(receipt instanceof Promise)) {
        copy(to, request, signal)
        return receipt
      }
      // The copy of what was refused would have no original.
      return receipt.then((given: Receipt) => {
        copy(to, request, signal)
        return given
      })
    },
    async consume(request, deliver, signal) {
      const { channel, group } = request
      const compare = comparison.group(channel.name, group)
      // Offsets and times mean something on one wire only.
      const isReader = channel.kind === 'stream' && group === undefined
      return consumeBoth(isReader ? [main] : wires, request, deliver, compare, signal)
    },
    open: (request, peer, signal) => main.open(request, peer, signal),
    async accept(request, accept, signal) {
      const acceptors: Consumer[] = []
      for (const wire of wires) acceptors.push(await wire.accept(request, accept, signal))
      return {
        ended: Promise.race(acceptors.map(({ ended }) => ended)),
        close: async () => void (await Promise.all(acceptors.map((acceptor) => acceptor.close()))),
      }
    },
    manage: (channel, command, signal) => main.manage(channel, command, signal),
    async close(signal) {
      await Promise.all(wires.map((wire) => wire.close(signal)))
    },
  }
}
