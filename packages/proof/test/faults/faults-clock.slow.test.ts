/** A wall clock that jumps under a running hub, and between two lives of it: nothing expires, comes early or comes again. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bus, type ChannelState, systemClock } from 'busbar'
import { expect } from 'vitest'
import { textOf } from '../../src/index.js'
import { clientOf, insist } from './client.js'
import { FaultHub } from './fault-hub.js'
import { cleanUp, faketime, itNeeds } from './tools.js'
import { faults } from './topics.js'
import { pause, underWorkload } from './workload.js'

const { fresh, later } = cleanUp()

interface Jumping {
  readonly hub: FaultHub
  /** Moves the hub's wall clock, by what libfaketime takes: `+3600` is an hour ahead. */
  jump(offset: string): void
}

/** A hub whose monotonic clock is the system's, and whose wall clock is what a file says. */
async function startHub(): Promise<Jumping> {
  const folder = fresh()
  const file = join(folder, 'clock')
  const jump = (offset: string): void => writeFileSync(file, `${offset}\n`)
  jump('+0')
  const env = {
    LD_PRELOAD: faketime ?? '',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
  const hub = new FaultHub({ dir: join(folder, 'data'), env })
  await hub.start()
  later(() => hub.kill())
  return { hub, jump }
}

const stateOf = (bus: Bus): Promise<ChannelState> => insist(() => bus.inspect(faults.mortal))

/** Waits longer than any timer that a jump could have made due. */
async function expectStill(bus: Bus, state: Partial<ChannelState>): Promise<void> {
  for (let look = 0; look < 10; look++) {
    expect(await stateOf(bus)).toMatchObject(state)
    await pause(100)
  }
}

for (const [way, offset] of [
  ['ahead', '+3600'],
  ['back', '-3600'],
] as const) {
  itNeeds(
    ['faketime'],
    `Q2 D1 an hour ${way} in a running hub: no lease, delay, age or known id changes`,
    async () => {
      const { hub, jump } = await startHub()
      await using bus = await clientOf(hub)
      await using worker = await clientOf(hub)
      const attempts: string[] = []
      const seen: number[] = []
      let release = (): void => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      const id = 'known'
      await bus.send(faults.mortal, { n: 0 }, { id })
      await bus.send(faults.mortal, { n: 1 }, { delayMs: 1_800_000 })
      const consumer = await worker.work(faults.mortal, async ({ n }, ctx) => {
        attempts.push(`${n} ${ctx.attempt} ${ctx.acquired} ${ctx.signal.aborted}`)
        seen.push(n)
        if (n === 0) await held
      })
      while (seen.length === 0) await pause(5)
      const begun = systemClock.monotonic()
      await bus.send(faults.mortal, { n: 2 }, { delayMs: 2_000 })
      for (let n = 3; n < 8; n++) await bus.send(faults.mortal, { n })
      jump(offset)
      await expectStill(bus, { leased: 1, delayed: 2, ready: 5, dead: 0, expired: 0 })
      expect(await bus.send(faults.mortal, { n: 0 }, { id })).toMatchObject({ duplicate: true })
      expect((await bus.send(faults.mortal, { n: 8 })).level).toBe('durable')
      release()
      while (!seen.includes(2)) await pause(5)
      expect(systemClock.monotonic() - begun).toBeGreaterThanOrEqual(2_000)
      // As late as it had to be, and not an hour later or earlier.
      expect(systemClock.monotonic() - begun).toBeLessThan(10_000)
      await consumer.close()
      expect(attempts).toHaveLength(8)
      expect(attempts.every((attempt) => attempt.endsWith(' 1 1 false'))).toBe(true)
      expect(await stateOf(bus)).toMatchObject({ done: 8, delayed: 1, dead: 0, expired: 0 })
    },
  )
}

itNeeds(
  ['faketime'],
  'Q1 D1 set back by an hour across a restart: nothing waits an hour longer, nothing comes twice',
  async () => {
    const { hub, jump } = await startHub()
    await using bus = await clientOf(hub)
    const id = 'known'
    await bus.send(faults.mortal, { n: 0 }, { id })
    await bus.send(faults.mortal, { n: 1 }, { delayMs: 3_000 })
    await bus.send(faults.mortal, { n: 2 }, { delayMs: 1_800_000 })
    await hub.kill()
    jump('-3600')
    await hub.start()
    expect(await stateOf(bus)).toMatchObject({ ready: 1, delayed: 2, dead: 0 })
    expect(await bus.send(faults.mortal, { n: 0 }, { id })).toMatchObject({ duplicate: true })
    const begun = systemClock.monotonic()
    const seen: number[] = []
    await using _worker = await bus.work(faults.mortal, ({ n }) => void seen.push(n))
    while (seen.length < 2) await pause(5)
    expect(seen).toEqual([0, 1])
    expect(systemClock.monotonic() - begun).toBeLessThan(10_000)
    await expectStill(bus, { delayed: 1, done: 2, dead: 0 })
  },
)

itNeeds(
  ['faketime'],
  'Q1 set ahead by five minutes across a restart: what may still live is there',
  async () => {
    const { hub, jump } = await startHub()
    await using bus = await clientOf(hub)
    for (let n = 0; n < 5; n++) await bus.send(faults.mortal, { n })
    await hub.kill()
    jump('+300')
    await hub.start()
    await expectStill(bus, { ready: 5, dead: 0, expired: 0 })
  },
)

itNeeds(
  ['faketime'],
  'Q1 Q2 S1 S3 D1 jumps to and fro under the workload, also over crashes, lose and repeat nothing',
  async () => {
    const { hub, jump } = await startHub()
    const report = await underWorkload({
      url: hub.url,
      folder: fresh(),
      seed: 52,
      async during(tell) {
        // Ahead across a crash would be as if it had been away for so long: then ids are forgotten, and rightly so.
        for (const [running, restarting] of [
          ['+3600', '+0'],
          ['-3600', '-3600'],
          ['+7200', '-7200'],
          ['-1800', '+0'],
          ['+3600', '+300'],
        ] as const) {
          await pause(300)
          jump(running)
          await pause(300)
          tell('kill', 'begin')
          await hub.kill()
          jump(restarting)
          await hub.start()
          tell('kill', 'end')
        }
      },
    })
    console.log(`jumping clock: ${textOf(report)}`)
    expect(report.figures.kills).toBe(5)
  },
)
