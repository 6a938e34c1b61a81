/** Which wire a topic takes: patterns in the order in which they were written, the first that matches. */

import { BusError, type Channel, type Connect, matcher } from 'busbar/transport'

/** Names of topics, `*` for one token, `**` as the last for the rest, each with the wire they take. */
export type Routes = Readonly<Record<string, Connect>>

interface Entry {
  readonly pattern: string
  readonly connect: Connect
  matches(name: string): boolean
}

export interface RouteTable {
  /** Each wire once, however many patterns lead to it. */
  readonly wires: readonly Connect[]
  /** UNSUPPORTED when no pattern matches. */
  find(channel: Channel): Connect
}

const tokenForm = /^[A-Za-z0-9_-]+$/

/** Checks the patterns: INVALID_OPTION for a malformed one, and for one that another before it leaves nothing to. */
export function createRouteTable(routes: Routes): RouteTable {
  const entries = Object.entries(routes).map(([pattern, connect]): Entry => {
    if (typeof connect !== 'function') {
      throw new BusError(
        'INVALID_OPTION',
        `The route "${pattern}" leads to no wire; give it tcp({ … }) or the like.`,
      )
    }
    return { pattern, connect, matches: matcherOf(pattern) }
  })
  if (entries.length === 0) {
    throw new BusError('INVALID_OPTION', `route() needs a route; { '**': wire } takes every topic.`)
  }
  for (const [index, { pattern }] of entries.entries()) {
    const hiding = entries.slice(0, index).find((earlier) => hides(earlier.pattern, pattern))
    if (hiding === undefined) continue
    throw new BusError(
      'INVALID_OPTION',
      `The route "${pattern}" is never taken: "${hiding.pattern}" stands before it and takes all of its topics; put the narrower one first.`,
    )
  }
  return {
    wires: [...new Set(entries.map(({ connect }) => connect))],
    find({ name }) {
      const entry = entries.find((one) => one.matches(name))
      if (entry !== undefined) return entry.connect
      throw new BusError(
        'UNSUPPORTED',
        `No route takes "${name}"; there are ${entries.map(({ pattern }) => `"${pattern}"`).join(', ')}.`,
        { outcome: 'rejected', details: { topic: name } },
      )
    },
  }
}

function matcherOf(pattern: string): Entry['matches'] {
  const tokens = pattern.split('.')
  for (const [index, token] of tokens.entries()) {
    if (token === '*' || tokenForm.test(token) || (token === '**' && index === tokens.length - 1)) continue
    throw new BusError(
      'INVALID_OPTION',
      `The route ${JSON.stringify(pattern.slice(0, 80))} is not a topic's name; "*" stands for one token, "**" at the end for one or more.`,
    )
  }
  return matcher(pattern)
}

/** Whether every name of the second pattern matches the first. */
function hides(wide: string, narrow: string): boolean {
  return matcher(wide)(narrow) && !(narrow.endsWith('**') && !wide.endsWith('**'))
}
