/** Commands that once made the durable engine or its store fail, each as the simulation had shrunk it. */

import { it } from 'vitest'
import type { Command } from './simulation/commands.js'
import { DiskMedium } from './simulation/disk-medium.js'
import { Play } from './simulation/play.js'
import { events, queues, type Scenario, streams } from './simulation/scenarios.js'

const publish = { do: 'publish', id: 0, key: 0, place: 0, priority: 0, delayMs: 0, size: 0 } as const
const crash = { do: 'crash', power: false, seed: 0, downMs: 0, jumpMs: 0, cuts: [] } as const
const credit = { do: 'credit', slot: 0, messages: 1 } as const
const passing = { do: 'credit', slot: 3, messages: 1 } as const
const [rest, turn, close] = [{ do: 'rest' }, { do: 'turn' }, { do: 'close' }] as const
const reject = { do: 'settle', pick: 0, how: 'reject', afterMs: 0 } as const
const full = { do: 'full', on: true } as const

const regressions: Readonly<Record<string, readonly [Scenario, readonly Command[]]>> = {
  'Q5 buries what a consumer without a group rejects': [events.events, [passing, publish, rest, reject]],
  'Q5 keeps a letter gone that went back to a consumer without a group': [
    events.events,
    [passing, publish, rest, reject, { do: 'redrive', pick: undefined, mend: false }, rest],
  ],
  'Q1 counts nothing for a consumer that left before the message was on disk': [
    events.events,
    [passing, publish, { do: 'leave', slot: 3, failed: false }, rest],
  ],
  'D1 starts again after the clock was set back and a segment of known ids was let go': [
    queues.embedded,
    [
      { ...publish, size: 20_000 },
      turn,
      { ...crash, jumpMs: -3_600_000 },
      { do: 'advance', ms: 2_100 },
      credit,
      rest,
      publish,
      { do: 'settle', pick: 0, how: 'done', afterMs: 0 },
      turn,
      crash,
    ],
  ],
  'Q5 says that the disk failed when a letter cannot be read for that': [
    queues.plain,
    [publish, rest, credit, { ...credit, messages: 2 }, { do: 'fail' }, rest, { do: 'advance', ms: 600 }],
  ],
  'F85 sets no timers for what reaches the disk while it closes': [
    queues.ordered,
    [{ ...publish, delayMs: 700 }, close],
  ],
  'F85 brings nothing into memory after it closed': [
    queues.urgent,
    [{ ...publish, size: 5_000 }, rest, crash, close],
  ],
  'F87 does not close well with acks that had no room': [queues.ordered, [publish, full, close]],
  'F87 answers who published again what was on disk before it closes': [
    queues.plain,
    [publish, rest, crash, publish, close],
  ],
  'Q4 counts a crash as a failed try of what was moved while somebody had it': [
    queues.embedded,
    [
      { ...publish, size: 20_000 },
      turn,
      crash,
      { ...publish, id: 1, size: 20_000 },
      { do: 'run', tasks: 1 },
      credit,
      { do: 'run', tasks: 1 },
      { ...crash, jumpMs: 3_600_000 },
      { ...credit, messages: 10 },
      rest,
      { do: 'settle', pick: 15, how: 'done', afterMs: 0 },
      rest,
      crash,
    ],
  ],
  'Q1 counts a record once that went back and whose copy is gone': [
    streams['embedded stream'],
    [
      credit,
      publish,
      rest,
      reject,
      { do: 'redrive', pick: undefined, mend: false },
      { ...publish, size: 20_000 },
      { ...credit, messages: 2 },
      rest,
      { do: 'settle', pick: 0, how: 'done', afterMs: 0 },
      { do: 'settle', pick: 0, how: 'done', afterMs: 0 },
    ],
  ],
  'F85 removes no records by age after it closed': [streams['young stream'], [publish, close]],
  'S1 ends in order when the age of a record cannot be read': [
    streams['young stream'],
    [
      publish,
      rest,
      publish,
      credit,
      rest,
      credit,
      { do: 'fail' },
      { do: 'settle', pick: 0, how: 'done', afterMs: 0 },
    ],
  ],
  'Q3 waits no longer for a retry because the clock was set back': [
    queues.plain,
    [
      publish,
      turn,
      { ...crash, jumpMs: 3_600_000 },
      { do: 'run', tasks: 1 },
      credit,
      { do: 'run', tasks: 1 },
      { do: 'settle', pick: 0, how: 'retry', afterMs: 30 },
      rest,
      { ...crash, jumpMs: -3_600_000 },
    ],
  ],
  'Q5 counts what came back to a reader that leaves': [
    streams['short stream'],
    [
      passing,
      publish,
      rest,
      reject,
      { do: 'redrive', pick: undefined, mend: false },
      { do: 'leave', slot: 3, failed: false },
      rest,
    ],
  ],
  'S1 reads on behind a file that was let go': [
    streams['young stream'],
    [turn, { ...publish, size: 20_000 }, { do: 'sync' }, rest, { do: 'advance', ms: 2_100 }, publish],
  ],
}

for (const [name, [scenario, commands]] of Object.entries(regressions))
  it(name, () => new Play(scenario, new DiskMedium()).play(commands))
