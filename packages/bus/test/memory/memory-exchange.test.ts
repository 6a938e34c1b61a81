/** Exchanges on the memory wire: signals, refusals, and an acceptor that closes. */

import { describe, expect, it } from 'vitest'
import type { Exchange } from '../../src/transport.js'
import { answer, channelOf, listener, memoryWorld, messageOf, never, quiet } from './memory-world.js'

const asks = channelOf('request')
const lines = channelOf('pair')
const accepting = { channel: asks, pattern: asks.name, concurrency: 8 }
const request = { channel: asks, message: messageOf('a'), timeoutMs: 1_000 }

async function serving() {
  const world = memoryWorld()
  const transport = await world.open()
  const exchanges: Exchange[] = []
  const server = listener()
  const acceptor = await transport.accept(
    accepting,
    ({ exchange }) => {
      exchanges.push(exchange)
      return server.peer
    },
    never,
  )
  return { ...world, transport, acceptor, exchanges, server }
}

describe('an exchange on the memory wire', () => {
  it('R1 is answered', async () => {
    const { transport, exchanges, server } = await serving()
    const { peer, heard } = listener()
    transport.open(request, peer, never)
    await quiet()
    void exchanges[0]?.send(answer())
    expect(heard).toEqual(['part', 'DONE'])
    expect(server.heard).toEqual(['DONE'])
  })

  it('R1 ends with NO_RESPONDER at once, without any time passing', async () => {
    const transport = await memoryWorld().open()
    const { peer, heard } = listener()
    transport.open(request, peer, never)
    await quiet()
    expect(heard).toEqual(['NO_RESPONDER'])
  })

  it('R1 whose signal aborts is cancelled on both sides, one of another signal goes on', async () => {
    const { transport, server } = await serving()
    const giveUp = new AbortController()
    const [gone, kept] = [listener(), listener()]
    transport.open(request, gone.peer, giveUp.signal)
    transport.open(request, kept.peer, never)
    await quiet()
    giveUp.abort()
    expect([gone.heard, kept.heard, server.heard]).toEqual([['CANCELLED'], [], ['CANCELLED']])
  })

  it('whose signal has aborted already never reaches anybody', async () => {
    const { transport, exchanges } = await serving()
    const { peer, heard } = listener()
    transport.open(request, peer, AbortSignal.abort())
    expect(heard).toEqual([])
    await quiet()
    expect(heard).toEqual(['CANCELLED'])
    expect(exchanges).toHaveLength(0)
    expect(await transport.manage(asks, { op: 'inspect' }, never)).toMatchObject({ received: 0 })
  })

  it('of a channel known as something else fails as closed, not as a throw', async () => {
    const { transport } = await serving()
    const { peer, heard } = listener()
    transport.open({ ...request, channel: channelOf('queue') }, peer, never)
    await quiet()
    expect(heard).toEqual(['CONTRACT_MISMATCH'])
  })

  it('X1 a second accepter of a pair is refused with PAIR_TAKEN', async () => {
    const transport = await memoryWorld().open()
    const accept = { ...accepting, channel: lines, pattern: lines.name }
    await transport.accept(accept, () => listener().peer, never)
    await expect(transport.accept(accept, () => listener().peer, never)).rejects.toMatchObject({
      code: 'PAIR_TAKEN',
    })
  })

  it('F87 an acceptor that closes takes nothing new and waits for what it has', async () => {
    const { transport, acceptor, exchanges } = await serving()
    const [first, second] = [listener(), listener()]
    transport.open(request, first.peer, never)
    await quiet()
    let isClosed = false
    const closing = acceptor.close().then(() => {
      isClosed = true
    })
    transport.open(request, second.peer, never)
    await quiet()
    expect([second.heard, first.heard, isClosed]).toEqual([['NO_RESPONDER'], [], false])
    void exchanges[0]?.send(answer())
    await closing
    expect(first.heard).toEqual(['part', 'DONE'])
    expect(await acceptor.ended).toBeUndefined()
  })

  it('R1 of an acceptor that is torn off ends with DISCONNECTED', async () => {
    const { transport, open } = await serving()
    const other = await open()
    const { peer, heard } = listener()
    other.open(request, peer, never)
    await quiet()
    await transport.close(AbortSignal.abort())
    expect(heard).toEqual(['DISCONNECTED'])
  })
})
