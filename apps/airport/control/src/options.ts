/** The launcher's arguments. */

import { parseArgs } from 'node:util'
import { connect } from '@busbar/connect'

export interface Options {
  /** One process per service instead of one for all. */
  readonly split: boolean
  /** What the processes talk over when split. */
  readonly wire: 'tcp' | 'ws'
  /** A broker that carries what it can; the hub has the rest. */
  readonly url: string | undefined
  /** Ends by itself after so long. */
  readonly seconds: number | undefined
  readonly seed: number
  /** No page; counts are checked and printed at the end. */
  readonly headless: boolean
  /** How many times faster than life the airport runs. */
  readonly pace: number
  readonly baggageWorkers: number
  /** Where durable topics are kept between runs; undefined: in a directory that goes with the run. */
  readonly data: string | undefined
  /** How often the hub is killed during a headless run. */
  readonly crashes: number
}

export const usage = `npm start -- [options]
  --split            one process per service, through a hub
  --wire tcp|ws      what they talk over (default tcp)
  --url URL          a broker carries every topic that it can, the hub the rest: nats://…, redis://…, amqp://… (RabbitMQ),
                     kafka://…, amqp10://… (Artemis), sqs://…, as "npm run brokers -- up" prints them
  --seconds N        ends after N seconds
  --headless         no page; checks the counts at the end and prints them as one line of JSON
  --seed S           repeats the traffic of another run (default 1)
  --pace P           P times faster than life (default 1)
  --workers N        baggage workers (default 3)
  --data DIR         keeps what is durable in DIR, for the next run (default: a temporary directory)
  --crashes N        with --split --headless: kills the hub N times meanwhile; the counts must add up all the same
  --help             prints this`

/** Whether the arguments ask for the usage instead of an airport. */
export const wantsUsage = (args: readonly string[]): boolean => args.includes('--help') || args.includes('-h')

const numberOf = (name: string, text: string | undefined, fallback: number, least: number): number => {
  const value = text === undefined ? fallback : Number(text)
  if (!Number.isFinite(value) || value < least) {
    throw new TypeError(`--${name} takes a number of at least ${least}, not "${text}".`)
  }
  return value
}

/** What cannot be a broker is known at once; whether one answers is not. */
function checkUrl(url: string): void {
  if (url === 'memory:') {
    throw new TypeError(
      '--url takes the URL of a broker; without it everything runs on the memory of the hub.',
    )
  }
  connect(url)
}

/** Throws, with a sentence for the user, when an argument is unknown or out of range. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      split: { type: 'boolean', default: false },
      wire: { type: 'string', default: 'tcp' },
      url: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      headless: { type: 'boolean', default: false },
      pace: { type: 'string' },
      workers: { type: 'string' },
      data: { type: 'string' },
      crashes: { type: 'string' },
    },
  })
  if (values.wire !== 'tcp' && values.wire !== 'ws') {
    throw new TypeError(`--wire takes tcp or ws, not "${values.wire}".`)
  }
  if (values.crashes !== undefined && !(values.split && values.headless)) {
    throw new TypeError('--crashes needs --split, so that the hub is a process, and --headless.')
  }
  if (values.url !== undefined) checkUrl(values.url)
  const seconds = values.seconds === undefined ? undefined : numberOf('seconds', values.seconds, 0, 0.1)
  return {
    split: values.split,
    wire: values.wire,
    url: values.url,
    seconds: seconds ?? (values.headless ? 10 : undefined),
    seed: numberOf('seed', values.seed, 1, 0),
    headless: values.headless,
    pace: numberOf('pace', values.pace, 1, 0.1),
    baggageWorkers: Math.floor(numberOf('workers', values.workers, 3, 1)),
    data: values.data,
    crashes: Math.floor(numberOf('crashes', values.crashes, 0, 0)),
  }
}
