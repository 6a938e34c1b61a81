/** The mirror of a broker for the pages: a start that fails leaves nothing behind. */

import { memory } from 'busbar'
import { BusError, type Connect, type Transport } from 'busbar/transport'
import { expect, test } from 'vitest'
import { mirror } from '../src/mirror.js'

const unreachable: Connect = () => Promise.reject(new BusError('UNREACHABLE', 'Nobody is there.'))

/** Wires on memory, told apart by whether they were closed. */
function counted(spoil: Partial<Transport> = {}) {
  const open = new Set<Transport>()
  const connect: Connect = async (host) => {
    const wire = await memory()(host)
    const seen: Transport = Object.assign(Object.create(wire) as Transport, spoil, {
      async close(signal: AbortSignal) {
        open.delete(seen)
        await wire.close(signal)
      },
    })
    open.add(seen)
    return seen
  }
  return { open, connect }
}

test('the way to the broker is closed when there is none to the hub, and none is opened without a broker', async () => {
  const [broker, hub] = [counted(), counted()]
  await expect(mirror(broker.connect, unreachable)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  await expect(mirror(unreachable, hub.connect)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect([broker.open.size, hub.open.size]).toEqual([0, 0])
})

test('both ways are closed when the broker refuses what is to be copied', async () => {
  const refuse = () => Promise.reject(new BusError('PERMISSION_DENIED', 'Not for you.'))
  const [broker, hub] = [counted({ consume: refuse }), counted()]
  await expect(mirror(broker.connect, hub.connect)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  expect([broker.open.size, hub.open.size]).toEqual([0, 0])
})

test('a mirror that started tells what the broker carries, and closes both ways', async () => {
  const [broker, hub] = [counted(), counted()]
  const mirrored = await mirror(broker.connect, hub.connect)
  expect(mirrored).toMatchObject({ name: 'memory', carried: expect.arrayContaining(['airport.belt']) })
  expect([broker.open.size, hub.open.size]).toEqual([1, 1])
  await mirrored.close()
  expect([broker.open.size, hub.open.size]).toEqual([0, 0])
})
