/** Answers the page's questions about bags: how many are where, which are lost, and what is to be done with those. */

import { airport, type Bag, control, type LostBag } from '@airport/contracts'
import type { Bus, DeadLetter } from 'busbar'
import { countsOf } from './counts-of.js'

/** More than a desk can show. */
const shown = 40

/** A dead letter is kept as it came, so nothing may be taken for granted. */
export function bagIn(payload: unknown): Bag | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined
  const { tag, flight, kg, smudged } = payload as Readonly<Record<string, unknown>>
  if (typeof tag !== 'string' || typeof flight !== 'string') return undefined
  if (typeof kg !== 'number' || typeof smudged !== 'boolean') return undefined
  return { tag, flight, kg, smudged }
}

/** Smudged labels are why bags die; a new one is all they need. */
export const withNewLabel = ({ payload }: Pick<DeadLetter, 'payload'>): Bag | undefined => {
  const bag = bagIn(payload)
  return bag && { ...bag, smudged: false }
}

const lostBag = ({ id, payload, reason, attempts, lastFailure }: DeadLetter): LostBag => {
  const bag = bagIn(payload)
  return {
    id,
    tag: bag?.tag ?? 'unreadable',
    smudged: bag?.smudged ?? false,
    reason: lastFailure?.message ?? reason,
    attempts,
  }
}

export async function openLostAndFound(bus: Bus): Promise<void> {
  const letters = bus.deadLetters(airport.moveBag)
  await bus.reply(control.bags, async () => {
    const counts = await countsOf(bus, airport.moveBag)
    return counts === undefined ? {} : { counts }
  })
  await bus.reply(control.lost, async () => {
    const { letters: found, next } = await letters.list({ limit: shown })
    return { bags: found.map(lostBag), more: next !== undefined }
  })
  await bus.reply(control.relabel, async ({ ids }) => ({
    count: await letters.redrive({ ...(ids && { ids }), map: withNewLabel }),
  }))
  await bus.reply(control.discard, async ({ ids }) => ({ count: await letters.discard(ids && { ids }) }))
}
