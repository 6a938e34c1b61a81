/** Gathers what every service counted and checks that it adds up. */

import { airport } from '@airport/contracts'
import type { Bus, ChannelState } from 'busbar'
import { countsOf } from './counts-of.js'
import { readCustody } from './custody.js'

/** The one line a headless run prints. */
export interface Counts {
  /** How often the hub was killed and came back. */
  readonly hubCrashes: number
  readonly landings: number
  readonly bagsCheckedIn: number
  readonly bagsDelivered: number
  readonly bagsRetried: number
  /** Handed out once more because a crash came between. */
  readonly bagsRedelivered: number
  readonly bagsDead: number
  readonly bagsRejectedAtSender: number
  readonly requestsAnswered: number
  readonly requestsRefused: number
  readonly planesCircling: number
  readonly radarAppended: number
  readonly radarReplayed: number
  readonly hotlineCalls: number
  readonly messagesPerService: Readonly<Record<string, { readonly sent: number; readonly handled: number }>>
  /** Empty when everything adds up. */
  readonly mismatches: readonly string[]
}

type Tallies = ReadonlyMap<string, Readonly<Record<string, number>>>

const gather = async (bus: Bus, workers: readonly string[]): Promise<Tallies> => {
  const tallies = new Map<string, Readonly<Record<string, number>>>()
  for (const service of workers) {
    tallies.set(service, await bus.request(airport.tally, {}, { params: { service } }))
  }
  return tallies
}

/** How many records the radar's stream has, and whether their offsets leave none out and name none twice. */
const replayed = async (bus: Bus): Promise<{ readonly count: number; readonly isDense: boolean }> => {
  const offsets = new Set<number>()
  let count = 0
  for await (const { ctx } of bus.replay(airport.radar, { from: 'start', to: 'now' })) {
    offsets.add(ctx.offset)
    count += 1
  }
  const { first = 0, next = count } = (await countsOf(bus, airport.radar)) ?? {}
  return { count, isDense: offsets.size === count && next - first === count }
}

/** What kind of run is counted. */
export interface Run {
  readonly hubCrashes: number
  /** Began with nothing in its store. */
  readonly isFresh: boolean
}

/** To be called at rest: no traffic, no bag on the way. */
export async function takeCounts(bus: Bus, workers: readonly string[], run: Run): Promise<Counts> {
  const tallies = await gather(bus, workers)
  const of = (service: string, what: string): number => {
    let sum = 0
    for (const [worker, counts] of tallies) {
      if (worker === service || worker.startsWith(`${service}-`)) sum += counts[what] ?? 0
    }
    return sum
  }
  const radar = await replayed(bus)
  const custody = await readCustody(bus)
  const belt = await countsOf(bus, airport.moveBag)
  const approaches = await countsOf(bus, airport.approach)
  const landings = await countsOf(bus, airport.landed)
  const mismatches: string[] = []
  const equal = (sentence: string, left: number, right: number): void => {
    if (left !== right) mismatches.push(`${sentence}: ${left} and ${right}`)
  }
  // What the wire has kept must add up whatever happened to it.
  if (belt !== undefined) {
    equal('bags checked in and bags that came to the belt', custody.checkedIn, belt.received)
    equal('bags on record as delivered and done on the queue', custody.delivered, belt.done)
    equal('bags on record as lost and dead letters', custody.lost, belt.dead + belt.purged)
    equal('bags on the queue', belt.ready + belt.leased + belt.delayed, 0)
  }
  equal('bags missing and nobody', custody.missing.length, 0)
  equal('bags never checked in and nobody', custody.strangers.length, 0)
  if (approaches) equal('approaches heard and brought to an end', approaches.received, approaches.done)
  if (landings) equal('landings heard and worked off', landings.received, landings.done)
  equal('gaps in the radar stream and none', radar.isDense ? 0 : 1, 0)
  // What services have counted themselves is of this run alone, and counts twice what was handled twice.
  if (run.isFresh) {
    const announced = of('airlines', 'approaches')
    equal('radar points appended and replayed', of('radar', 'appended'), radar.count)
    const heard = (what: string, state: ChannelState | undefined): void => {
      if (state)
        equal(`planes announced and ${what}, each group`, announced * state.consumers, state.received)
    }
    heard('approaches', approaches)
    heard('landings', landings)
  }
  if (run.isFresh && run.hubCrashes === 0) {
    equal('planes announced and landings', of('airlines', 'approaches'), of('tower', 'landed'))
    equal('landings and landings on the board', of('tower', 'landed'), of('board', 'landed'))
    equal('landings and planes unloaded', of('tower', 'landed'), of('airlines', 'unloaded'))
    equal('gates given and gates received', of('gates', 'answered'), of('tower', 'answered'))
    equal('gates refused and refusals heard', of('gates', 'refused'), of('tower', 'refused'))
    equal('refusals and rounds', of('tower', 'refused') + of('tower', 'unanswered'), of('tower', 'circled'))
    equal('bags sent and bags checked in', of('airlines', 'bagsSent'), custody.checkedIn)
    equal('bags carried to an end and on record', of('baggage', 'delivered'), custody.delivered)
    equal('bags given up and on record', of('baggage', 'lost'), custody.lost)
    equal('calls of tower and vehicle', of('tower', 'calls'), of('hotline', 'calls'))
  }
  return {
    hubCrashes: run.hubCrashes,
    landings: of('tower', 'landed'),
    bagsCheckedIn: custody.checkedIn,
    bagsDelivered: custody.delivered,
    bagsRetried: of('baggage', 'retried'),
    bagsRedelivered: of('baggage', 'redelivered'),
    bagsDead: custody.lost,
    bagsRejectedAtSender: of('airlines', 'bagsRejected'),
    requestsAnswered: of('gates', 'answered'),
    requestsRefused: of('gates', 'refused'),
    planesCircling: of('tower', 'circled'),
    radarAppended: of('radar', 'appended'),
    radarReplayed: radar.count,
    hotlineCalls: of('hotline', 'calls'),
    messagesPerService: Object.fromEntries(
      [...tallies].map(([name, counts]) => [name, { sent: counts.sent ?? 0, handled: counts.handled ?? 0 }]),
    ),
    mismatches,
  }
}
