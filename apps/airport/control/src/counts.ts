/** Gathers what every service counted and checks that it adds up. */

import { airport } from '@airport/contracts'
import type { Bus } from 'busbar'

/** The one line a headless run prints. */
export interface Counts {
  readonly landings: number
  readonly bagsDelivered: number
  readonly bagsRetried: number
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

const replayed = async (bus: Bus): Promise<number> => {
  let count = 0
  for await (const _ of bus.replay(airport.radar, { from: 'start', to: 'now' })) count += 1
  return count
}

/** To be called at rest: no traffic, no bag on the way. */
export async function takeCounts(bus: Bus, workers: readonly string[]): Promise<Counts> {
  const tallies = await gather(bus, workers)
  const of = (service: string, what: string): number => {
    let sum = 0
    for (const [worker, counts] of tallies) {
      if (worker === service || worker.startsWith(`${service}-`)) sum += counts[what] ?? 0
    }
    return sum
  }
  const radarReplayed = await replayed(bus)
  const belt = await bus.inspect(airport.moveBag)
  const mismatches: string[] = []
  const equal = (sentence: string, left: number, right: number): void => {
    if (left !== right) mismatches.push(`${sentence}: ${left} and ${right}`)
  }
  equal(
    'planes announced and planes the tower heard',
    of('airlines', 'approaches'),
    of('tower', 'approaches'),
  )
  equal('planes the tower heard and landings', of('tower', 'approaches'), of('tower', 'landed'))
  equal('landings and landings on the board', of('tower', 'landed'), of('board', 'landed'))
  equal('landings and planes unloaded', of('tower', 'landed'), of('airlines', 'unloaded'))
  equal('gates given and gates received', of('gates', 'answered'), of('tower', 'answered'))
  equal('gates refused and refusals heard', of('gates', 'refused'), of('tower', 'refused'))
  equal('refusals and rounds', of('tower', 'refused') + of('tower', 'unanswered'), of('tower', 'circled'))
  equal(
    'bags sent and bags at an end',
    of('airlines', 'bagsSent'),
    of('baggage', 'delivered') + of('baggage', 'lost'),
  )
  equal('bags delivered and done on the queue', of('baggage', 'delivered'), belt.done)
  equal('bags lost and dead letters', of('baggage', 'lost'), belt.dead)
  equal('bags on the queue', belt.ready + belt.leased + belt.delayed, 0)
  equal('radar points appended and replayed', of('radar', 'appended'), radarReplayed)
  equal('calls of tower and vehicle', of('tower', 'calls'), of('hotline', 'calls'))
  return {
    landings: of('tower', 'landed'),
    bagsDelivered: of('baggage', 'delivered'),
    bagsRetried: of('baggage', 'retried'),
    bagsDead: of('baggage', 'lost'),
    bagsRejectedAtSender: of('airlines', 'bagsRejected'),
    requestsAnswered: of('gates', 'answered'),
    requestsRefused: of('gates', 'refused'),
    planesCircling: of('tower', 'circled'),
    radarAppended: of('radar', 'appended'),
    radarReplayed,
    hotlineCalls: of('hotline', 'calls'),
    messagesPerService: Object.fromEntries(
      [...tallies].map(([name, counts]) => [name, { sent: counts.sent ?? 0, handled: counts.handled ?? 0 }]),
    ),
    mismatches,
  }
}
