/** A wire that can be unplugged: two ends of it in network namespaces, the hub behind one of them. */

import { system } from './tools.js'

export interface Wire {
  /** Address of the hub's end. */
  readonly host: string
  /** The beginning of a command that runs at the hub's end. */
  readonly through: readonly string[]
  /** From now on nothing passes, and nobody is told. */
  unplug(): void
  plugIn(): void
  remove(): void
}

/** Needs `netns`. Names and addresses are chosen by `seed`, below 4,096. */
export function createWire(seed: number): Wire {
  const name = `busbar${seed}`
  const [here, there] = [`bb${seed}a`, `bb${seed}b`]
  const net = `10.${200 + (seed >> 8)}.${seed & 255}`
  const host = `${net}.2`
  system('ip', 'netns', 'add', name)
  system('ip', 'link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name)
  system('ip', 'address', 'add', `${net}.1/24`, 'dev', here)
  system('ip', 'link', 'set', here, 'up')
  const inside = ['netns', 'exec', name, 'ip']
  system('ip', ...inside, 'address', 'add', `${host}/24`, 'dev', there)
  system('ip', ...inside, 'link', 'set', there, 'up')
  return {
    host,
    through: ['ip', 'netns', 'exec', name],
    unplug: () => system('ip', 'link', 'set', here, 'down'),
    plugIn: () => system('ip', 'link', 'set', here, 'up'),
    remove() {
      // Left to the namespace, the link would go some time later, and the next wire finds its name taken.
      system('ip', 'link', 'delete', here)
      system('ip', 'netns', 'delete', name)
    },
  }
}
