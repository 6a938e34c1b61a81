/** Waits until everything that messages caused on a test's wire has been handled, or says what keeps it from that. */

import { systemClock } from '../clock.js'
import type { Ledger } from './ledger.js'
import type { ManualClock } from './manual-clock.js'
import { turn } from './turn.js'

/** Options of `settled()`. */
export interface SettleOptions {
  /** Lets virtual time pass for delayed and retried messages, as far as needed; default false. */
  readonly advance?: boolean
  /** Real ms to wait for a handler that waits for something outside of the bus; default 1,000. */
  readonly giveUpMs?: number
}

/** Resolves when nothing is under way; rejects with a list of what is, once nothing of it can move any more. */
export async function settle(ledger: Ledger, clock: ManualClock, options: SettleOptions): Promise<void> {
  const { advance = false, giveUpMs = 1_000 } = options
  for (;;) {
    const { activity } = ledger
    await turn()
    const waiting = await waitingMessages(ledger)
    if (ledger.activity !== activity) continue
    if (ledger.open.size === 0 && waiting.length === 0) return
    const due = advance ? nextDue(ledger, clock) : undefined
    if (due !== undefined) await clock.pass(due)
    else if (ledger.open.size === 0 || !(await movesWithin(ledger, giveUpMs))) {
      const open = [...openOnes(ledger, clock), ...waiting].join('\n')
      throw new Error(`Not settled; still open:\n${open}${adviceFor(ledger, clock, advance)}`)
    }
  }
}

function adviceFor(ledger: Ledger, clock: ManualClock, advance: boolean): string {
  if (advance || nextDue(ledger, clock) === undefined) return ''
  return '\nDelayed and retried messages wait for virtual time: call settled({ advance: true }).'
}

function nextDue({ dues }: Ledger, clock: ManualClock): number | undefined {
  const now = clock.monotonic()
  for (const due of dues) if (due <= now) dues.delete(due)
  return dues.size === 0 ? undefined : Math.min(...dues) - now
}

/** The one timer: it runs only while a handler waits for something that no message will bring. */
async function movesWithin(ledger: Ledger, giveUpMs: number): Promise<boolean> {
  let giveUp: () => void = () => undefined
  const tired = new Promise<false>((resolve) => {
    giveUp = () => resolve(false)
  })
  const timer = systemClock.after(giveUpMs, giveUp, { keepAlive: true })
  const moved = await Promise.race([ledger.nextMove().then(() => true), tired])
  timer.cancel()
  return moved
}

const words = { publish: 'being published by', handler: 'in a handler of', request: 'not answered, asked by' }

function openOnes(ledger: Ledger, clock: ManualClock): string[] {
  return [...ledger.open].map(
    ({ what, topic, id, service, sinceMs }) =>
      `  ${topic} ${id}: ${words[what]} "${service}" since ${sinceMs} ms (now ${clock.monotonic()} ms)`,
  )
}

/** Messages that lie in the wire without anybody handling them. */
async function waitingMessages(ledger: Ledger): Promise<string[]> {
  const lines: string[] = []
  const [transport] = ledger.transports
  for (const channel of transport === undefined ? [] : ledger.channels.values()) {
    const { name, kind } = channel
    if (kind === 'request' || kind === 'pair') continue
    const state = await transport?.manage(channel, { op: 'inspect' }, new AbortController().signal)
    const { ready = 0, delayed = 0, consumers = 0 } = state ?? {}
    if (ready + delayed === 0) continue
    const lying = ledger.sent.filter(({ topic, message }) => topic === name && !hasEnded(ledger, message.id))
    for (const { message, service } of lying) {
      const since = `sent by "${service}" at wall time ${message.time}`
      lines.push(
        `  ${name} ${message.id}: ${ready} ready, ${delayed} delayed, ${consumers} consumers, ${since}`,
      )
    }
    if (lying.length === 0)
      lines.push(`  ${name}: ${ready} ready, ${delayed} delayed, ${consumers} consumers`)
  }
  return lines
}

function hasEnded({ handled }: Ledger, id: string): boolean {
  return handled.some(({ message, ending }) => message.id === id && ending !== 'retry')
}
