/** The inbox in memory keeps what every inbox must keep, and forgets only as it says. */

import { ManualClock } from 'busbar/testing'
import { describe, expect, it } from 'vitest'
import { memoryInbox } from '../src/index.js'
import { inboxCases } from '../src/testing.js'

const nothing = async (): Promise<void> => undefined

describe('the inbox in memory', () => {
  for (const { name, run } of inboxCases) it(`D1 ${name}`, () => run(memoryInbox()))

  it('F60 forgets an id after keepMs, and a duplicate does not make it live longer', async () => {
    const clock = new ManualClock()
    const inbox = memoryInbox({ keepMs: 1_000, clock })
    await inbox.run('s', '1', nothing)
    clock.advance(999)
    expect(await inbox.run('s', '1', nothing)).toBe(false)
    clock.advance(1)
    expect(inbox.size).toBe(0)
    expect(await inbox.run('s', '1', nothing)).toBe(true)
    expect(inbox.forgotten).toBe(0)
  })

  it('F61 200,000 ids hold no more than maxIds, and what was forgotten early is counted', async () => {
    const inbox = memoryInbox({ maxIds: 1_000 })
    for (let n = 0; n < 200_000; n += 1) await inbox.run('s', String(n), nothing)
    expect(inbox.size).toBe(1_000)
    expect(inbox.forgotten).toBe(199_000)
    expect(await inbox.run('s', '199000', nothing)).toBe(false)
    expect(await inbox.run('s', '198999', nothing)).toBe(true)
  })

  it('F80 refuses limits that are none', () => {
    for (const options of [{ keepMs: 0 }, { maxIds: Number.NaN }, { keepMs: 1.5 }])
      expect(() => memoryInbox(options)).toThrow(/INVALID_OPTION/)
  })
})
