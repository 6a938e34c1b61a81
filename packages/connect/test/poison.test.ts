// Messages that harm whoever takes them, and user code that fails: others go on, and nothing is lost or looped.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createHub } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { contract, createBus, memory, queue } from 'busbar'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { brokerOn, until, upTo, wires } from './three-wires.js'

const retry = { attempts: 3, backoff: 'fixed', initialMs: 1, maxMs: 1 } as const
const poison = contract('poison', {
  job: queue(z.object({ n: z.number() }), { retry, leaseMs: 1_000 }),
})
const child = (name: string): string => fileURLToPath(new URL(`./children/${name}.mjs`, import.meta.url))

describe.each(wires)('on %s', (wire) => {
  it('F62 Q4 Q5 a handler that always throws: three attempts, then a dead letter with its history', async () => {
    const bus = await (await brokerOn(wire))('both')
    const attempts: number[] = []
    await bus.work(poison.job, (_job, ctx) => {
      attempts.push(ctx.attempt)
      throw new Error(`no ${ctx.attempt}`)
    })
    await bus.send(poison.job, { n: 13 })
    await until(async () => (await bus.inspect(poison.job)).dead === 1)
    expect(attempts).toEqual([1, 2, 3])
    const { letters } = await bus.deadLetters(poison.job).list()
    expect(letters).toMatchObject([
      {
        reason: 'attempts',
        attempts: 3,
        payload: { n: 13 },
        firstFailure: { message: 'no 1' },
        lastFailure: { message: 'no 3' },
      },
    ])
  })

  it('F65 Q5 1,000 letters are redriven with the fault still there: each is tried anew and is back', async () => {
    const bus = await (await brokerOn(wire))('both')
    let runs = 0
    const worker = await bus.work(
      poison.job,
      (_job, ctx) => {
        runs += 1
        return ctx.reject('still broken')
      },
      { concurrency: 16 },
    )
    await Promise.all(upTo(1_000).map((n) => bus.send(poison.job, { n })))
    await until(async () => (await bus.inspect(poison.job)).dead === 1_000)
    expect(await bus.deadLetters(poison.job).redrive()).toBe(1_000)
    await until(async () => runs === 2_000 && (await bus.inspect(poison.job)).dead === 1_000)
    await worker.close()
    expect(await bus.inspect(poison.job)).toMatchObject({
      received: 1_000,
      redriven: 1_000,
      dead: 1_000,
      ready: 0,
      delayed: 0,
      leased: 0,
    })
    expect(runs).toBe(2_000)
  })
})

it('F64 on memory with room for one dead letter the next stays blocked, is counted, and moves when there is room', async () => {
  const bus = await createBus({ service: 'both', transport: memory({ limits: { deadLetters: 1 } }) })
  onTestFinished(() => bus.close())
  await bus.work(poison.job, ({ n }, ctx) => (n < 2 ? ctx.reject('poison') : undefined))
  for (const n of upTo(3)) await bus.send(poison.job, { n })
  await until(async () => (await bus.inspect(poison.job)).done === 1)
  expect(await bus.inspect(poison.job)).toMatchObject({
    received: 3,
    dead: 1,
    delayed: 1,
    ready: 0,
    leased: 0,
  })
  expect(await bus.deadLetters(poison.job).discard()).toBe(1)
  await until(async () => (await bus.inspect(poison.job)).dead === 1)
  const { letters } = await bus.deadLetters(poison.job).list()
  expect(letters).toMatchObject([{ payload: { n: 1 }, reason: 'rejected' }])
  expect(await bus.inspect(poison.job)).toMatchObject({
    received: 3,
    done: 1,
    dead: 1,
    purged: 1,
    delayed: 0,
  })
})

describe('one message that takes down every worker process', () => {
  async function scene() {
    const hub = await createHub({ tcp: { port: 0 }, limits: { heartbeatMs: 300, drainTimeoutMs: 100 } })
    onTestFinished(() => hub.close())
    const bus = await createBus({ service: 'sender', transport: tcp({ url: hub.tcpUrl }) })
    onTestFinished(() => bus.close())
    for (const n of upTo(20)) await bus.send(poison.job, { n })
    const start = (harm: 'exit' | 'loop'): ChildProcess => {
      const worker = spawn(process.execPath, [child('poisoned-worker'), hub.tcpUrl, harm], {
        stdio: 'ignore',
      })
      onTestFinished(() => void worker.kill('SIGKILL'))
      return worker
    }
    const buried = async (): Promise<void> => {
      const state = () => bus.inspect(poison.job)
      await until(async () => (await state()).done === 19 && (await state()).dead === 1, 20_000)
      const { letters } = await bus.deadLetters(poison.job).list()
      expect(letters).toMatchObject([{ payload: { n: 13 }, attempts: 3, reason: 'attempts' }])
    }
    return { start, buried }
  }

  it('F63 by process.exit(1): the others are handled, it ends as a dead letter', async () => {
    const { start, buried } = await scene()
    let started = 0
    const startAgain = (): void => {
      started += 1
      if (started <= 4) start('exit').once('exit', startAgain)
    }
    startAgain()
    await buried()
    expect(started).toBe(4)
  }, 30_000)

  it('F63 by an infinite loop: the others are handled, it ends as a dead letter', async () => {
    const { start, buried } = await scene()
    for (const _ of upTo(4)) start('loop')
    await buried()
  }, 30_000)
})

describe('an uncaught error in user code beside an embedded hub', () => {
  it.each(['timer', 'promise'])('F89 ends the process with a code other than 0: %s', async (how) => {
    const ended = await new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
      execFile(process.execPath, [child('failing-host'), how], { timeout: 10_000 }, (error, out, err) =>
        resolve({ code: error?.code, out, err }),
      )
    })
    expect(ended.out).toMatch(/^ready tcp:/)
    expect(ended.code).toBe(1)
    expect(ended.err).toContain('user code')
  })
})
