/** Exclusiveness of pairs without a broker that knows of it: whoever wants an address asks those who serve it. */

import { createInbox, type Msg } from '@nats-io/transport-node'
import { type AcceptRequest, BusError, type BusErrorCode, type Host } from 'busbar/transport'
import type { Flushes } from './flushes.js'
import type { Link, Session } from './link.js'
import type { Names } from './names.js'
import { safely } from './safely.js'

export interface PairClaim {
  /** When somebody with an older claim spoke up late. */
  readonly lost: Promise<BusErrorCode>
  release(): void
}

export interface PairClaims {
  /** PAIR_TAKEN when an address of the pattern is served already. */
  claim(request: AcceptRequest): Promise<PairClaim>
}

/** How long one who serves something of the channel may take to object. */
const objectionMs = 250

interface Question {
  /** Ids come in the order of their making: the older claim is the better one. */
  readonly id: string
  readonly pattern: string
}

interface Own extends Question {
  lose(): void
}

export function createPairClaims(link: Link, host: Host, names: Names, flushes: Flushes): PairClaims {
  const own = new Map<string, Map<string, Own>>()
  const answers = createInbox()
  const waiting = new Map<string, { nobody(): void; lose(): void }>()
  const encoder = new TextEncoder()

  const onQuestion = (channel: string, msg: Msg): void => {
    const asked = questionIn(msg)
    if (asked === undefined) return
    for (const mine of own.get(channel)?.values() ?? []) {
      if (mine.id !== asked.id && mine.id < asked.id && overlap(mine.pattern, asked.pattern))
        msg.respond('taken')
    }
  }
  const onAnswer = (msg: Msg): void => {
    const one = waiting.get(msg.subject.slice(answers.length + 1))
    if (msg.headers?.code === 503) one?.nobody()
    else one?.lose()
  }
  const listen = ({ nc }: Session, channel: string): void => {
    nc.subscribe(names.pairs(channel), { callback: safely((msg) => onQuestion(channel, msg)) })
  }
  const begin = (session: Session): void => {
    session.nc.subscribe(`${answers}.*`, { callback: safely(onAnswer) })
    for (const channel of own.keys()) listen(session, channel)
  }
  link.use({ up: begin })
  if (link.session !== undefined) begin(link.session)

  return {
    async claim({ channel, pattern }) {
      const session = await link.ready()
      const known = own.get(channel.name)
      const mine = known ?? new Map<string, Own>()
      own.set(channel.name, mine)
      for (const other of mine.values())
        if (overlap(other.pattern, pattern)) throw taken(channel.name, pattern)
      if (known === undefined) listen(session, channel.name)
      const id = claimId(host)
      let tell: (code: BusErrorCode) => void = () => {}
      const lost = new Promise<BusErrorCode>((resolve) => {
        tell = resolve
      })
      const release = (): void => {
        mine.delete(id)
        waiting.delete(id)
      }
      let isLost = false
      const claim: Own = {
        id,
        pattern,
        lose() {
          isLost = true
          release()
          tell('PAIR_TAKEN')
        },
      }
      mine.set(id, claim)
      // Those who ask meanwhile hear of this claim: it must be known before the question.
      await flushes.after(session).catch(() => undefined)
      await new Promise<void>((resolve) => {
        const timer = host.clock.after(objectionMs, resolve, { keepAlive: true })
        const over = (): void => {
          timer.cancel()
          resolve()
        }
        const lose = (): void => {
          claim.lose()
          over()
        }
        waiting.set(id, { nobody: over, lose })
        const question: Question = { id, pattern }
        session.nc.publish(names.pairs(channel.name), encoder.encode(JSON.stringify(question)), {
          reply: `${answers}.${id}`,
        })
      })
      if (isLost) throw taken(channel.name, pattern)
      return { lost, release }
    },
  }
}

function taken(channel: string, pattern: string): BusError {
  return new BusError('PAIR_TAKEN', `An address of ${pattern} of "${channel}" is served already.`)
}

/** By the time of its making; the rest tells two of one moment apart. */
function claimId(host: Host): string {
  const time = Math.floor(host.clock.now()).toString(36).padStart(10, '0')
  return `${time}-${Math.floor(host.random() * 2 ** 48).toString(36)}`
}

function questionIn(msg: Msg): Question | undefined {
  try {
    const value: unknown = msg.json()
    if (typeof value !== 'object' || value === null || !('id' in value) || !('pattern' in value))
      return undefined
    const { id, pattern } = value
    return typeof id === 'string' && typeof pattern === 'string' ? { id, pattern } : undefined
  } catch {
    return undefined
  }
}

/** Whether an address can match both. */
export function overlap(a: string, b: string): boolean {
  const [left, right] = [a.split('.'), b.split('.')]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at], right[at]]
    if (one === undefined || other === undefined) return false
    if (one === '**' || other === '**') return true
    if (one !== other && one !== '*' && other !== '*') return false
  }
  return true
}
