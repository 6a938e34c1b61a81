/** The end of each run: room again, a last restart, everything worked off, and the books closed. */

import type { Play } from './play.js'

const probe = { do: 'publish', id: 99, key: 0, place: 0, priority: 0, delayMs: 0, size: 10 } as const

export async function finish(play: Play): Promise<void> {
  await heal(play)
  await restart(play, play.world.hasFailed)
  await workOff(play)
  play.model.checkEnd()
  play.check()
  checkQuiet(play)
  await checkSame(play)
}

/** With room again, messages are taken again by themselves. */
async function heal(play: Play): Promise<void> {
  const { world, model } = play
  world.full(false)
  for (let look = 0; look < 2; look++) {
    await world.rest()
    world.clock.advance(600)
  }
  await world.rest()
  world.wasFull = false
  play.publish(probe)
  await world.rest()
  if (model.isOver) return
  play.check()
  if (!world.hasFailed && model.instances.at(-1)?.outcome === 'pending') throw new Error('no receipt comes')
}

async function restart(play: Play, power: boolean): Promise<void> {
  await play.crash({ power, seed: 1, downMs: 0, jumpMs: 0, cuts: [] })
  await play.world.rest()
  play.check()
}

async function workOff(play: Play): Promise<void> {
  const { world, model } = play
  const slots = world.channel.kind === 'stream' ? [0, 2, 3] : [0, 2]
  for (let round = 0; ; round++) {
    for (const slot of slots) play.worker(slot).consumer.credit(100)
    await world.rest()
    play.check()
    for (const claim of [...model.claims.values()]) play.settle(claim, { kind: 'done' })
    await world.rest()
    play.check()
    const { ready, delayed, leased } = world.inspect()
    if (ready + delayed + leased === 0) return
    if (round > 30) throw new Error(`stuck: ${JSON.stringify(world.inspect())}`)
    // Those that were to die wait for room.
    if (round > 10) play.discard(undefined)
    world.clock.advance(500)
  }
}

/** With nothing on its way, received is what was received, wherever it is now. */
export function checkQuiet({ world, model }: Play): void {
  if (world.wasFull || world.hasFailed) return
  // Nobody looks any more at what a reader of a stream has that stopped.
  const hasStopped = [...model.claims.values()].some(
    ({ copy: { group } }) => !group.kept && group.members === 0,
  )
  if (world.channel.kind === 'stream' && hasStopped) return
  const state = world.inspect()
  const { received, ready, delayed, leased, done, dropped, dead, expired, purged } = state
  if (received !== ready + delayed + leased + done + dropped + dead + expired + purged)
    throw new Error(`counted: it does not add up: ${JSON.stringify(state)}`)
}

/** The counts are the same after another restart. */
async function checkSame(play: Play): Promise<void> {
  const { world } = play
  const counts = (): string => {
    const { received, done, dead, purged, first, next } = world.inspect()
    // Of the readers of a stream nothing is kept, and a clock that was set back makes old records young again.
    const ofStream = { dead, next, ...(!world.hasJumped && { first }) }
    return JSON.stringify(world.channel.kind === 'stream' ? ofStream : { received, done, dead, purged })
  }
  // To look is to remove what is too old.
  counts()
  await world.rest()
  const before = counts()
  await restart(play, true)
  if (counts() !== before) throw new Error(`counted: ${before} is ${counts()} after a restart`)
}
