/** The groups of one event channel: each name and pattern is one group, each consumer without a name its own. */

import type { Channel } from '../channel.js'
import { BusError } from '../errors.js'
import { createTopicTree, takesAll } from './topic-tree.js'

export interface Subscriptions<G> {
  /** The groups that get a copy of what is published to an address. */
  match(address: string): readonly G[]
  /** The group a consumer joins; made when there is none. */
  enter(name: string | undefined, pattern: string): G
  remove(group: G): void
  values(): Iterable<G>
  /** Groups there are. */
  readonly size: number
}

/** LIMIT_EXCEEDED beyond so many named groups. `make` is told name and pattern; whatever it makes decides when it is removed. */
export function createSubscriptions<G>(
  channel: Channel,
  { cachedRoutes, groups }: { readonly cachedRoutes: number; readonly groups: number },
  make: (name: string | undefined, pattern: string) => G,
): Subscriptions<G> {
  const tree = createTopicTree<G>(cachedRoutes)
  const all = channel.params.map(() => '.*').join('')
  const named = new Map<string, G>()
  const places = new Map<G, { readonly pattern: string; readonly place: string | undefined }>()
  return {
    match: tree.match,
    enter(name, asked) {
      // Two ways to ask for everything are one group.
      const pattern = takesAll(channel.name, channel.params, asked) ? channel.name.concat(all) : asked
      // No pattern holds a line break, so two different pairs never give one place.
      const place = name === undefined ? undefined : `${pattern}\n${name}`
      const known = place === undefined ? undefined : named.get(place)
      if (known !== undefined) return known
      if (place !== undefined && named.size >= groups) {
        throw new BusError('LIMIT_EXCEEDED', `${channel.name} has ${groups} groups already.`, {
          outcome: 'rejected',
          details: { limit: 'groups', value: groups },
        })
      }
      const group = make(name, pattern)
      if (place !== undefined) named.set(place, group)
      places.set(group, { pattern, place })
      tree.add(pattern, group)
      return group
    },
    remove(group) {
      const at = places.get(group)
      if (at === undefined) return
      places.delete(group)
      if (at.place !== undefined) named.delete(at.place)
      tree.remove(at.pattern, group)
    },
    values: () => places.keys(),
    get size() {
      return places.size
    },
  }
}
