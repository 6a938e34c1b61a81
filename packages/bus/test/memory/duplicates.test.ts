/** Deliveries that come twice, for tests of handlers that must not mind. */

import { describe, expect, it } from 'vitest'
import { memory } from '../../src/memory/memory.js'
import { done, type Outcome } from '../../src/outcome.js'
import { channelOf, consumeOf, memoryWorld, never, publishOf, quiet } from './memory-world.js'

async function handled(channel: ReturnType<typeof channelOf>, outcome: Outcome, group?: string) {
  const { open } = memoryWorld()
  const transport = await open(memory({ duplicates: 1 }))
  const seen: string[] = []
  const handle = ({ message, attempt }: { message: { id: string }; attempt: number }): Outcome => {
    seen.push(`${message.id}#${attempt}`)
    return outcome
  }
  await transport.declare(channel, never)
  await transport.consume(consumeOf(channel, { group }), handle, never)
  for (const id of ['a', 'b']) await transport.publish(publishOf(channel, id), never)
  await quiet()
  return { seen, transport }
}

describe('memory({ duplicates })', () => {
  it('hands a message that was handled to its handler once more, under its id and attempt, and counts it once', async () => {
    const { seen, transport } = await handled(channelOf('queue'), done)
    expect(seen).toEqual(['a#1', 'a#1', 'b#1', 'b#1'])
    expect(await transport.manage(channelOf('queue'), { op: 'inspect' }, never)).toMatchObject({
      done: 2,
      ready: 0,
      leased: 0,
    })
  })

  it('repeats none that failed, no plain event, and no record of who reads by offset', async () => {
    const reject: Outcome = { kind: 'reject', reason: 'rejected', failure: { message: 'no' } }
    expect((await handled(channelOf('queue'), reject)).seen).toEqual(['a#1', 'b#1'])
    expect((await handled(channelOf('event'), done)).seen).toEqual(['a#1', 'b#1'])
    expect((await handled(channelOf('stream'), done)).seen).toEqual(['a#1', 'b#1'])
    expect((await handled(channelOf('stream'), done, 'billing')).seen).toEqual(['a#1', 'a#1', 'b#1', 'b#1'])
  })

  it('takes a share between 0 and 1', () => {
    for (const duplicates of [-0.1, 1.1, Number.NaN]) {
      expect(() => memory({ duplicates })).toThrow(/INVALID_OPTION.*duplicates/)
    }
  })
})
