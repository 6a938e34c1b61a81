/** A disk that is full: Kafka stops, nothing that was receipted is lost, and all goes on when there is room. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Channel, isBusError, type Transport } from 'busbar/transport'
import { expect, it, onTestFinished } from 'vitest'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { channelOf, collect, messageFor, openLink, signal } from './support/links.js'
import { quick } from './support/server.js'

const run = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' })

const mayMount = run('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()).status === 0

/** A folder whose `data`, where the broker keeps its log, is a disk of its own. */
function smallDisk(megabytes: number) {
  const dir = mkdtempSync(join(tmpdir(), 'busbar-full-'))
  const data = join(dir, 'data')
  mkdirSync(data)
  const mount = (...options: string[]): void => {
    expect(run('mount', ...options, data)).toMatchObject({ status: 0 })
  }
  mount('-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs')
  // Also after a test that took too long.
  onTestFinished(() => {
    run('umount', '-l', data)
    rmSync(dir, { recursive: true, force: true })
  })
  return { dir, grow: (to: number) => mount('-o', `remount,size=${to}m`) }
}

const payload = 'x'.repeat(100_000)
const channels = [channelOf('queue', 'full.queue'), channelOf('stream', 'full.stream', { durable: true })]

type Outcomes = Map<string, string>

/** Publishes one after the other to each channel until `isOver`, and notes what became of each. */
async function fill(link: Transport, outcomes: Outcomes, isOver: () => boolean): Promise<void> {
  const lines = channels.map(async (channel) => {
    for (let n = 0; !isOver(); n += 1) await publish(link, channel, `${channel.kind}-${n}`, outcomes, signal)
  })
  await Promise.all(lines)
}

async function publish(
  link: Transport,
  channel: Channel,
  id: string,
  outcomes: Outcomes,
  until: AbortSignal,
): Promise<void> {
  try {
    await link.publish({ channel, message: messageFor(channel, id, payload) }, until)
    outcomes.set(id, 'receipt')
  } catch (error) {
    if (!isBusError(error)) throw error
    outcomes.set(id, `${error.code} ${error.outcome}`)
  }
}

describeBroker('kafka', 'a full disk', () => {
  const name =
    'F48 Q1 S2 ends the broker: publishes wait or fail with an outcome, and what was receipted is there when there is room'
  if (!mayMount) console.log(`skipped, since no small disk can be mounted: ${name}`)
  it.skipIf(!mayMount)(
    name,
    async () => {
      const disk = smallDisk(32)
      const config = [...quick, 'log.index.size.max.bytes=65536'].join('\n')
      await using server = await startBroker('kafka', { dir: disk.dir, config })
      const states: string[] = []
      let told: () => void = () => {}
      const isFull = new Promise<void>((resolve) => {
        told = resolve
      })
      const link = await openLink({ url: server.url, maxWaitingBytes: 600_000 }, (state, reason = '') => {
        states.push(`${state} ${reason}`)
        told()
      })
      const workers: Awaited<ReturnType<typeof collect>>[] = []
      for (const channel of channels) {
        await link.declare(channel, signal)
        workers.push(
          await collect(link, channel, channel.kind === 'stream' ? { group: 'g', start: 'start' } : {}),
        )
      }

      const outcomes: Outcomes = new Map()
      const filling = fill(link, outcomes, () => states.length > 0)
      await isFull
      expect(server.log()).toContain('No space left on device')
      const giveUp = new AbortController()
      const late = Array.from({ length: 8 }, (_, n) =>
        channels.map((channel) =>
          publish(link, channel, `late-${channel.kind}-${n}`, outcomes, giveUp.signal),
        ),
      )
      await expect.poll(() => [...outcomes.values()]).toContain('QUEUE_FULL rejected')
      giveUp.abort()
      await Promise.all(late.flat())
      expect([...outcomes.values()]).toContain('CANCELLED rejected')

      disk.grow(128)
      await server.restart()
      await filling
      const ids = (what: (outcome: string) => boolean): string[] =>
        [...outcomes].filter(([, outcome]) => what(outcome)).map(([id]) => id)
      expect(ids((outcome) => !/^receipt$|rejected$|unknown$/.test(outcome))).toEqual([])
      const receipted = ids((outcome) => outcome === 'receipt')
      const seen = (): Set<string> => new Set(workers.flatMap((worker) => worker.seen.map(({ id }) => id)))
      const missing = (): string[] => receipted.filter((id) => !seen().has(id))
      await expect.poll(missing, { timeout: 30_000 }).toEqual([])
      expect(ids((outcome) => outcome.endsWith('rejected')).filter((id) => seen().has(id))).toEqual([])
      expect(states).toEqual([expect.stringMatching(/^reconnecting .*was lost/), 'connected '])
      await link.close(signal)
    },
    120_000,
  )
})
