/** route(): several wires behind one bus, chosen by the name of the topic. */

import {
  BusError,
  type Channel,
  type Connect,
  type Exchange,
  type Host,
  type Peer,
  requireChannel,
  type Transport,
} from 'busbar/transport'
import { requireForConsume, requireForManage, requireForPublish } from './required.js'
import { createRouteTable, type Routes, type RouteTable } from './route-table.js'
import { createStateBoard, unionOf } from './union.js'

/**
 * Gives a wire that hands each topic to another: `route({ 'airport.radar': kafka(…), '**': tcp(…) })`. Patterns are
 * tried in their order. Each topic is checked against the wire that carries it: what that one lacks is UNSUPPORTED,
 * whatever the others can do. INVALID_OPTION for a malformed table; rejects when one of the wires cannot connect.
 */
export function route(routes: Routes): Connect {
  const table = createRouteTable(routes)
  return async (host) => createRouter(table, await openAll(table, host))
}

/** All or none. */
async function openAll(table: RouteTable, host: Host): Promise<ReadonlyMap<Connect, Transport>> {
  const names = new Map<number, string>()
  const board = createStateBoard((state, reason) => host.onState(state, reason))
  const opened = await Promise.allSettled(
    table.wires.map(async (connect, index) => {
      const wire = await connect({
        ...host,
        onState: (state, reason) => board.move(index, names.get(index) ?? 'a wire', state, reason),
      })
      names.set(index, wire.name)
      return [connect, wire] as const
    }),
  )
  const failed = opened.find((one) => one.status === 'rejected')
  const wires = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  if (failed === undefined) return new Map(wires)
  await Promise.allSettled(wires.map(([, wire]) => wire.close(AbortSignal.abort())))
  throw failed.reason
}

function createRouter(table: RouteTable, wires: ReadonlyMap<Connect, Transport>): Transport {
  const all = [...wires.values()]
  const known = new Map<string, Transport>()

  const wireOf = (channel: Channel): Transport => {
    const found = known.get(channel.name)
    if (found !== undefined) return found
    const wire = wires.get(table.find(channel))
    if (wire === undefined) throw new BusError('INTERNAL', `The wire of "${channel.name}" was not opened.`)
    known.set(channel.name, wire)
    return wire
  }

  return {
    name: `route(${all.map(({ name }) => name).join(', ')})`,
    capabilities: unionOf(all),
    async declare(channel, signal) {
      const wire = wireOf(channel)
      requireChannel(channel, wire)
      await wire.declare(channel, signal)
    },
    publish(request, signal) {
      try {
        const wire = wireOf(request.channel)
        requireForPublish(request, wire)
        return wire.publish(request, signal)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    async consume(request, deliver, signal) {
      const wire = wireOf(request.channel)
      requireForConsume(request, wire)
      return wire.consume(request, deliver, signal)
    },
    open(request, peer, signal) {
      try {
        return wireOf(request.channel).open(request, peer, signal)
      } catch (error) {
        return refused(peer, error)
      }
    },
    async accept(request, accept, signal) {
      return wireOf(request.channel).accept(request, accept, signal)
    },
    async manage(channel, command, signal) {
      const wire = wireOf(channel)
      requireForManage(channel, command, wire)
      return wire.manage(channel, command, signal)
    },
    async close(signal) {
      const ends = await Promise.allSettled(all.map((wire) => wire.close(signal)))
      const failed = ends.find((end) => end.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    },
  }
}

/** `open` never throws: what is wrong comes as the end of the exchange. */
function refused(peer: Peer, error: unknown): Exchange {
  const cause = error instanceof BusError ? error : new BusError('INTERNAL', String(error))
  queueMicrotask(() => peer.closed({ code: cause.code, message: cause.message }))
  return { send: () => Promise.reject(cause), close() {} }
}
