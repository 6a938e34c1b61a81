/** The checker is sharp: every planted bug turns it red, by the rule that is about it. */

import { memory, systemClock } from 'busbar'
import { describe, expect, it } from 'vitest'
import { check, memoryHistory, runWorkload, textOf, workloadTopics } from '../src/index.js'
import { startCutHub } from './cut-hub.js'
import { bugs } from './planted/bugs.js'
import { damaged } from './planted/damage.js'
import { staleSettlements } from './planted/stale.js'
import { seeded } from './seeded.js'

const clock = systemClock

describe('a transport that', () => {
  for (const bug of bugs) {
    it(bug.name, async () => {
      const history = memoryHistory(clock)
      const { signal } = new AbortController()
      await runWorkload({
        connect: damaged(memory(), bug),
        topics: workloadTopics(),
        clock,
        random: seeded(4),
        history,
        messages: 400,
        drainMs: 500,
        signal,
      })
      const report = check(history.events)
      expect(Object.keys(report.broken), textOf(report)).toContain(bug.breaks)
    })
  }

  it('Q2 believes a consumer that had lost its claim', async () => {
    const bug = staleSettlements()
    const history = memoryHistory(clock)
    const random = seeded(5)
    await using hub = await startCutHub()
    const stop = new AbortController()
    const running = runWorkload({
      connect: damaged(hub.connect, bug),
      topics: workloadTopics(),
      clock,
      random,
      history,
      signal: stop.signal,
    })
    while (bug.harmed === 0) await hub.cut(1, random, history)
    stop.abort()
    await running
    const report = check(history.events)
    expect(Object.keys(report.broken), textOf(report)).toContain(bug.breaks)
  })
})
