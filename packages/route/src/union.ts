/** What several wires can do together, and how they are doing. */

import {
  type Capabilities,
  type Feature,
  features,
  type LinkState,
  type Support,
  type Transport,
} from 'busbar/transport'

const rank: Readonly<Record<Support, number>> = { native: 2, emulated: 1, none: 0 }

/** The best of each: what a topic really gets is checked against its own wire when it is used. */
export function unionOf(wires: readonly Pick<Transport, 'capabilities'>[]): Capabilities {
  const best = (feature: Feature): Support =>
    wires
      .map(({ capabilities }) => capabilities.features[feature])
      .reduce((a, b) => (rank[b] > rank[a] ? b : a), 'none' satisfies Support as Support)
  const limit = (name: keyof Capabilities['limits']): number =>
    Math.max(...wires.map(({ capabilities }) => capabilities.limits[name]))
  return Object.freeze({
    // The entries are made from the list of all features.
    features: Object.freeze(
      Object.fromEntries(features.map((feature) => [feature, best(feature)])),
    ) as Capabilities['features'],
    limits: Object.freeze({
      maxMessageBytes: limit('maxMessageBytes'),
      maxDelayMs: limit('maxDelayMs'),
    }),
  })
}

export interface StateBoard {
  /** To be called with the state of one wire; the name is for the reason. */
  move(index: number, name: string, state: LinkState, reason: string | undefined): void
}

const worst: readonly LinkState[] = ['lost', 'reconnecting', 'connected']

/** Tells the worst state of all wires, with the wire that is in it. */
export function createStateBoard(tell: (state: LinkState, reason?: string) => void): StateBoard {
  const states = new Map<number, { readonly state: LinkState; readonly text: string }>()
  let told: string | undefined
  return {
    move(index, name, state, reason) {
      states.set(index, { state, text: reason === undefined ? name : `${name}: ${reason}` })
      const all = [...states.values()]
      const now = worst.find((one) => all.some((entry) => entry.state === one)) ?? 'connected'
      const text = all
        .filter((entry) => entry.state === now && now !== 'connected')
        .map((entry) => entry.text)
        .join('; ')
      if (`${now} ${text}` === told) return
      told = `${now} ${text}`
      tell(now, text === '' ? reason : text)
    },
  }
}
