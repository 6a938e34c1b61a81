import { describe, expect, it } from 'vitest'
import { describePlan, type Provisioner, provision, type Resource, type Settings } from '../src/index.js'

const stream: Resource = {
  type: 'stream',
  name: 'BAGS',
  settings: { subjects: 'airport.moveBag', replicas: 1 },
}
const worker: Resource = { type: 'consumer', name: 'BAGS work', settings: { ackWaitMs: 30_000 } }
const channel = { name: 'airport.moveBag' }

/** A broker that has what it is given. */
function broker(has: Readonly<Record<string, Settings>> = {}) {
  const there = new Map(Object.entries(has))
  const calls: string[] = []
  const provisioner: Provisioner = {
    transport: 'nats',
    async find({ name }) {
      calls.push(`find ${name}`)
      return there.get(name)
    },
    async create({ name, settings }) {
      calls.push(`create ${name}`)
      there.set(name, settings)
    },
  }
  return { provisioner, calls }
}

const both = { BAGS: { ...stream.settings, storage: 'file' }, 'BAGS work': worker.settings }

describe('create', () => {
  it('makes what is missing, each before the one that comes after it', async () => {
    const { provisioner, calls } = broker()
    await provision(channel, [stream, worker], 'create', provisioner)
    expect(calls).toEqual(['find BAGS', 'create BAGS', 'find BAGS work', 'create BAGS work'])
  })

  it('leaves alone what is there, with settings nobody asked for', async () => {
    const { provisioner, calls } = broker(both)
    await provision(channel, [stream, worker], 'create', provisioner)
    expect(calls).toEqual(['find BAGS', 'find BAGS work'])
  })

  it('C5 refuses with CONTRACT_MISMATCH what is there with other settings', async () => {
    const { provisioner } = broker({ BAGS: { subjects: 'airport.*' } })
    await expect(provision(channel, [stream, worker], 'create', provisioner)).rejects.toMatchObject({
      code: 'CONTRACT_MISMATCH',
      outcome: 'rejected',
      details: {
        topic: 'airport.moveBag',
        differences: [
          'stream BAGS has subjects airport.* instead of airport.moveBag',
          'stream BAGS has replicas unset instead of 1',
        ],
      },
    })
  })
})

describe('verify', () => {
  it('makes nothing, and names all that is missing or different in one NOT_FOUND', async () => {
    const { provisioner, calls } = broker({ BAGS: { ...stream.settings, replicas: 3 } })
    await expect(provision(channel, [stream, worker], 'verify', provisioner)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: {
        differences: ['stream BAGS has replicas 3 instead of 1', 'consumer BAGS work does not exist'],
      },
    })
    expect(calls).toEqual(['find BAGS', 'find BAGS work'])
  })

  it('is content with what is as it should be', async () => {
    await expect(
      provision(channel, [stream, worker], 'verify', broker(both).provisioner),
    ).resolves.toBeUndefined()
  })
})

it('off asks the broker nothing', async () => {
  const { provisioner, calls } = broker()
  await provision(channel, [stream], 'off', provisioner)
  expect(calls).toEqual([])
})

it('a plan is a line for each resource', () => {
  expect(describePlan([stream, worker])).toBe(
    'stream BAGS  subjects=airport.moveBag  replicas=1\nconsumer BAGS work  ackWaitMs=30000',
  )
})
