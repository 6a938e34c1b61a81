/** Services as users write them, with nothing but a URL in common. */

import { contract, createBus, event, queue } from 'busbar'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { zeromq } from '../src/index.js'
import { freePort, heard } from './world.js'

const airport = contract('airport', {
  landed: event(z.object({ flight: z.string() })),
  bag: queue(z.number()),
})

it('E1 services that share a URL hear each other; a queue is refused with UNSUPPORTED', async () => {
  const url = `zmq://127.0.0.1:${await freePort()}`
  const open = async (service: string) => {
    const bus = await createBus({ service, transport: zeromq({ url }) })
    onTestFinished(() => bus.close())
    return bus
  }
  const [tower, board] = [await open('tower'), await open('board')]
  const flights = heard<string>()
  await board.subscribe(airport.landed, ({ flight }) => flights.put(flight))
  await tower.publish(airport.landed, { flight: 'KL23' })
  await flights.until((all) => all.length === 1)
  expect(flights.all).toEqual(['KL23'])
  await expect(tower.send(airport.bag, 1)).rejects.toThrow(/UNSUPPORTED/)
})
